// The table of ATen operators that archives hold and Ingot's own table (schema/operators.h) does not: what they take,
// and which function turns each into operators that Ingot has. Operators of Ingot's table need nothing here: they are
// taken by name, their views ("aten::view") as the copies that they are to a program ("aten::view_copy").
//
// Adding an operator: write its converter in the file of its family, declare it here, add its row in operators.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "compiler/frontend/pt2/conversion.h"

namespace ingot::compiler::pt2 {

using Converter = Result<Outputs> (*)(Conversion& c);

// What a result has to do with the first argument, which matters where one of the two is changed in place later.
enum class Aliasing : uint8_t {
  none,     // a tensor of its own
  view,     // its elements are the argument's
  perhaps,  // they are, or are copies: which depends on where they lie
  same,     // the argument itself
};

struct OperatorRow {
  schema::Operator op;
  Converter convert;
  Aliasing aliasing = Aliasing::none;
};

struct KnownOperator {
  const OpSchema* schema = nullptr;  // null: not known
  Converter convert = nullptr;       // null: the schema's operator itself
  Aliasing aliasing = Aliasing::none;
};

// The operator that "aten::conv2d" or "aten::add.Tensor" names.
KnownOperator find_operator(std::string_view full_name);

// Is it one that only checks something, or tells what the exporter has found out? It is left out.
bool is_assertion(std::string_view full_name);

// The schema's own operator: operands get the dtype that PyTorch computes in.
Result<Outputs> convert_directly(Conversion& c);

// activations.cpp
Result<Outputs> convert_celu(Conversion& c);
Result<Outputs> convert_hardshrink(Conversion& c);
Result<Outputs> convert_hardsigmoid(Conversion& c);
Result<Outputs> convert_log_sigmoid(Conversion& c);
Result<Outputs> convert_mish(Conversion& c);
Result<Outputs> convert_prelu(Conversion& c);
Result<Outputs> convert_relu6(Conversion& c);
Result<Outputs> convert_selu(Conversion& c);
Result<Outputs> convert_silu(Conversion& c);
Result<Outputs> convert_softmax(Conversion& c);
Result<Outputs> convert_softplus(Conversion& c);
Result<Outputs> convert_softshrink(Conversion& c);
Result<Outputs> convert_softsign(Conversion& c);
Result<Outputs> convert_threshold(Conversion& c);
// attention.cpp
Result<Outputs> convert_attention(Conversion& c);
// convolutions.cpp
Result<Outputs> convert_conv(Conversion& c);
Result<Outputs> convert_conv_named_padding(Conversion& c);
Result<Outputs> convert_conv_transpose(Conversion& c);
// creation.cpp
Result<Outputs> convert_arange(Conversion& c);
Result<Outputs> convert_eye(Conversion& c);
Result<Outputs> convert_full(Conversion& c);
Result<Outputs> convert_full_like(Conversion& c);
Result<Outputs> convert_ones(Conversion& c);
Result<Outputs> convert_scalar_tensor(Conversion& c);
Result<Outputs> convert_zeros(Conversion& c);
// elementwise.cpp
Result<Outputs> convert_addcdiv(Conversion& c);
Result<Outputs> convert_addcmul(Conversion& c);
Result<Outputs> convert_clamp_max(Conversion& c);
Result<Outputs> convert_clamp_min(Conversion& c);
Result<Outputs> convert_div(Conversion& c);
Result<Outputs> convert_exp2(Conversion& c);
Result<Outputs> convert_isfinite(Conversion& c);
Result<Outputs> convert_lerp(Conversion& c);
Result<Outputs> convert_masked_fill(Conversion& c);
Result<Outputs> convert_max_other(Conversion& c);
Result<Outputs> convert_min_other(Conversion& c);
Result<Outputs> convert_rsub(Conversion& c);
Result<Outputs> convert_square(Conversion& c);
Result<Outputs> convert_where(Conversion& c);
// identities.cpp
Result<Outputs> convert_dropout(Conversion& c);
Result<Outputs> convert_identity(Conversion& c);
Result<Outputs> convert_copy(Conversion& c);
Result<Outputs> convert_to(Conversion& c);
Result<Outputs> convert_to_other(Conversion& c);
// movement.cpp
Result<Outputs> convert_chunk(Conversion& c);
Result<Outputs> convert_expand_as(Conversion& c);
Result<Outputs> convert_flatten(Conversion& c);
Result<Outputs> convert_movedim(Conversion& c);
Result<Outputs> convert_pad(Conversion& c);
Result<Outputs> convert_repeat_interleave(Conversion& c);
Result<Outputs> convert_reshape(Conversion& c);
Result<Outputs> convert_split(Conversion& c);
Result<Outputs> convert_squeeze(Conversion& c);
Result<Outputs> convert_swap_axes(Conversion& c);
Result<Outputs> convert_swap_last(Conversion& c);
Result<Outputs> convert_tile(Conversion& c);
Result<Outputs> convert_triu(Conversion& c);
Result<Outputs> convert_unflatten(Conversion& c);
Result<Outputs> convert_view_as(Conversion& c);
// normalizations.cpp
Result<Outputs> convert_batch_norm(Conversion& c);
Result<Outputs> convert_functional_batch_norm(Conversion& c);
Result<Outputs> convert_group_norm(Conversion& c);
Result<Outputs> convert_instance_norm(Conversion& c);
Result<Outputs> convert_layer_norm(Conversion& c);
Result<Outputs> convert_rms_norm(Conversion& c);
// pooling.cpp
Result<Outputs> convert_adaptive_avg_pool(Conversion& c);
Result<Outputs> convert_adaptive_max_pool(Conversion& c);
Result<Outputs> convert_avg_pool1d(Conversion& c);
Result<Outputs> convert_max_pool(Conversion& c);
// products.cpp
Result<Outputs> convert_baddbmm(Conversion& c);
Result<Outputs> convert_einsum(Conversion& c);
Result<Outputs> convert_linear(Conversion& c);
Result<Outputs> convert_matmul(Conversion& c);
// recurrent.cpp
Result<Outputs> convert_gru(Conversion& c);
Result<Outputs> convert_lstm(Conversion& c);
Result<Outputs> convert_rnn(Conversion& c);
// reductions.cpp
Result<Outputs> convert_all(Conversion& c);
Result<Outputs> convert_logsumexp(Conversion& c);
Result<Outputs> convert_mean(Conversion& c);
Result<Outputs> convert_norm(Conversion& c);
Result<Outputs> convert_sort(Conversion& c);
Result<Outputs> convert_spread(Conversion& c);
Result<Outputs> convert_sum(Conversion& c);
// resizing.cpp
Result<Outputs> convert_grid_sampler(Conversion& c);
Result<Outputs> convert_upsample(Conversion& c);

}  // namespace ingot::compiler::pt2
