#include "compiler/frontend/pt2/operators.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ingot::compiler::pt2 {
namespace {

using schema::Family;

// A row: its name and overload, its arguments, how many tensors it gives.
constexpr OperatorRow row(std::string_view name, std::string_view overload, std::string_view args, Converter convert,
                          Aliasing aliasing = Aliasing::none, std::string_view returns = "Tensor") {
  return {{name, overload, {}, args, returns, Family::other, false}, convert, aliasing};
}

constexpr Aliasing kView = Aliasing::view;
constexpr Aliasing kPerhaps = Aliasing::perhaps;
constexpr Aliasing kSame = Aliasing::same;
constexpr std::string_view kCreated =
    "SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None";

// Argument lists as PyTorch's documentation of its operators gives them.
// clang-format off
constexpr OperatorRow kRows[] = {
    // Convolutions.
    row("aten::conv1d", "", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=1, SymInt[1] padding=0, SymInt[1] dilation=1, SymInt groups=1", convert_conv),
    row("aten::conv2d", "", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2] padding=0, SymInt[2] dilation=1, SymInt groups=1", convert_conv),
    row("aten::conv1d", "padding", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=1, str padding='valid', SymInt[1] dilation=1, SymInt groups=1", convert_conv_named_padding),
    row("aten::conv2d", "padding", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, str padding='valid', SymInt[2] dilation=1, SymInt groups=1", convert_conv_named_padding),
    row("aten::conv_transpose1d", "", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=1, SymInt[1] padding=0, SymInt[1] output_padding=0, SymInt groups=1, SymInt[1] dilation=1", convert_conv_transpose),
    row("aten::conv_transpose2d", "input", "Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=1, SymInt[2] padding=0, SymInt[2] output_padding=0, SymInt groups=1, SymInt[2] dilation=1", convert_conv_transpose),
    // Products.
    row("aten::linear", "", "Tensor input, Tensor weight, Tensor? bias=None", convert_linear),
    row("aten::matmul", "", "Tensor self, Tensor other", convert_matmul),
    row("aten::mv", "", "Tensor self, Tensor vec", convert_matmul),
    row("aten::dot", "", "Tensor self, Tensor tensor", convert_matmul),
    row("aten::baddbmm", "", "Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1", convert_baddbmm),
    row("aten::einsum", "", "str equation, Tensor[] tensors, *, int[]? path=None", convert_einsum),
    row("aten::scaled_dot_product_attention", "", "Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, *, float? scale=None, bool enable_gqa=False", convert_attention),
    // Normalizations.
    row("aten::_native_batch_norm_legit_functional", "", "Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, bool training, float momentum, float eps", convert_functional_batch_norm),
    row("aten::batch_norm", "", "Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled", convert_batch_norm),
    row("aten::instance_norm", "", "Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled", convert_instance_norm),
    row("aten::layer_norm", "", "Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enable=True", convert_layer_norm),
    row("aten::group_norm", "", "Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enabled=True", convert_group_norm),
    row("aten::rms_norm", "", "Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None", convert_rms_norm),
    // Recurrent layers.
    row("aten::lstm", "input", "Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first", convert_lstm, Aliasing::none, "Tensor, Tensor, Tensor"),
    row("aten::gru", "input", "Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first", convert_gru, Aliasing::none, "Tensor, Tensor"),
    row("aten::rnn_tanh", "input", "Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first", convert_rnn, Aliasing::none, "Tensor, Tensor"),
    row("aten::rnn_relu", "input", "Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first", convert_rnn, Aliasing::none, "Tensor, Tensor"),
    // Activations.
    row("aten::hardsigmoid", "", "Tensor self", convert_hardsigmoid),
    row("aten::silu", "", "Tensor self", convert_silu),
    row("aten::mish", "", "Tensor self", convert_mish),
    row("aten::relu6", "", "Tensor self", convert_relu6),
    row("aten::selu", "", "Tensor self", convert_selu),
    row("aten::celu", "", "Tensor self, Scalar alpha=1.0", convert_celu),
    row("aten::prelu", "", "Tensor self, Tensor weight", convert_prelu),
    row("aten::softplus", "", "Tensor self, Scalar beta=1, Scalar threshold=20", convert_softplus),
    row("aten::log_sigmoid", "", "Tensor self", convert_log_sigmoid),
    row("aten::softsign", "", "Tensor self", convert_softsign),
    row("aten::hardshrink", "", "Tensor self, Scalar lambd=0.5", convert_hardshrink),
    row("aten::softshrink", "", "Tensor self, Scalar lambd=0.5", convert_softshrink),
    row("aten::threshold", "", "Tensor self, Scalar threshold, Scalar value", convert_threshold),
    row("aten::softmax", "int", "Tensor self, int dim, ScalarType? dtype=None", convert_softmax),
    row("aten::log_softmax", "int", "Tensor self, int dim, ScalarType? dtype=None", convert_softmax),
    // Pooling.
    row("aten::max_pool1d", "", "Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=0, int[1] dilation=1, bool ceil_mode=False", convert_max_pool),
    row("aten::max_pool2d", "", "Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False", convert_max_pool),
    row("aten::avg_pool1d", "", "Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=0, bool ceil_mode=False, bool count_include_pad=True", convert_avg_pool1d),
    row("aten::adaptive_avg_pool1d", "", "Tensor self, int[1] output_size", convert_adaptive_avg_pool),
    row("aten::adaptive_avg_pool2d", "", "Tensor self, SymInt[2] output_size", convert_adaptive_avg_pool),
    row("aten::adaptive_max_pool1d", "", "Tensor self, int[1] output_size", convert_adaptive_max_pool, Aliasing::none, "Tensor, Tensor"),
    row("aten::adaptive_max_pool2d", "", "Tensor self, int[2] output_size", convert_adaptive_max_pool, Aliasing::none, "Tensor, Tensor"),
    // Elementwise.
    row("aten::div", "Tensor", "Tensor self, Tensor other", convert_div),
    row("aten::true_divide", "Tensor", "Tensor self, Tensor other", convert_div),
    row("aten::rsub", "Tensor", "Tensor self, Tensor other, *, Scalar alpha=1", convert_rsub),
    row("aten::square", "", "Tensor self", convert_square),
    row("aten::exp2", "", "Tensor self", convert_exp2),
    row("aten::isfinite", "", "Tensor self", convert_isfinite),
    row("aten::max", "other", "Tensor self, Tensor other", convert_max_other),
    row("aten::min", "other", "Tensor self, Tensor other", convert_min_other),
    row("aten::clamp_min", "", "Tensor self, Scalar min", convert_clamp_min),
    row("aten::clamp_max", "", "Tensor self, Scalar max", convert_clamp_max),
    row("aten::where", "self", "Tensor condition, Tensor self, Tensor other", convert_where),
    row("aten::where", "ScalarOther", "Tensor condition, Tensor self, Tensor other", convert_where),
    row("aten::where", "ScalarSelf", "Tensor condition, Tensor self, Tensor other", convert_where),
    row("aten::where", "Scalar", "Tensor condition, Tensor self, Tensor other", convert_where),
    row("aten::masked_fill", "Tensor", "Tensor self, Tensor mask, Tensor value", convert_masked_fill),
    row("aten::masked_fill", "Scalar", "Tensor self, Tensor mask, Tensor value", convert_masked_fill),
    row("aten::addcmul", "", "Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1", convert_addcmul),
    row("aten::addcdiv", "", "Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1", convert_addcdiv),
    row("aten::lerp", "Scalar", "Tensor self, Tensor end, Tensor weight", convert_lerp),
    row("aten::lerp", "Tensor", "Tensor self, Tensor end, Tensor weight", convert_lerp),
    // What changes nothing when a model is not trained.
    row("aten::dropout", "", "Tensor input, float p, bool train", convert_dropout, kSame),
    row("aten::feature_dropout", "", "Tensor input, float p, bool train", convert_dropout, kSame),
    row("aten::alpha_dropout", "", "Tensor input, float p, bool train", convert_dropout, kSame),
    row("aten::detach", "", "Tensor self", convert_identity, kView),
    row("aten::alias", "", "Tensor self", convert_identity, kView),
    row("aten::lift_fresh", "", "Tensor self", convert_identity, kView),
    row("aten::lift_fresh_copy", "", "Tensor self", convert_identity),
    row("aten::positive", "", "Tensor self", convert_identity, kView),
    row("aten::clone", "", "Tensor self, *, MemoryFormat? memory_format=None", convert_identity),
    row("aten::contiguous", "", "Tensor self, *, MemoryFormat? memory_format=None", convert_identity, kPerhaps),
    row("aten::copy", "", "Tensor self, Tensor src, bool non_blocking=False", convert_copy),
    row("aten::to", "dtype", "Tensor self, ScalarType? dtype=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", convert_to, kPerhaps),
    row("aten::to", "device", "Tensor self, Device? device=None, ScalarType? dtype=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", convert_to, kPerhaps),
    row("aten::to", "dtype_layout", "Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", convert_to, kPerhaps),
    row("aten::_to_copy", "", "Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None", convert_to),
    row("aten::to", "other", "Tensor self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None", convert_to_other, kPerhaps),
    row("aten::type_as", "", "Tensor self, Tensor other", convert_to_other, kPerhaps),
    // Movement.
    row("aten::reshape", "", "Tensor self, SymInt[] shape", convert_reshape, kPerhaps),
    row("aten::_unsafe_view", "", "Tensor self, SymInt[] size", convert_reshape),
    row("aten::view_as", "", "Tensor self, Tensor other", convert_view_as, kView),
    row("aten::reshape_as", "", "Tensor self, Tensor other", convert_view_as, kPerhaps),
    row("aten::flatten", "using_ints", "Tensor self, int start_dim=0, int end_dim=-1", convert_flatten, kPerhaps),
    row("aten::unflatten", "int", "Tensor self, int dim, SymInt[] sizes", convert_unflatten, kView),
    row("aten::squeeze", "", "Tensor self", convert_squeeze, kView),
    row("aten::expand_as", "", "Tensor self, Tensor other", convert_expand_as, kView),
    row("aten::chunk", "", "Tensor self, int chunks, int dim=0", convert_chunk, kView, "Tensor[]"),
    row("aten::split", "sizes", "Tensor self, SymInt[] split_size, int dim=0", convert_split, kView, "Tensor[]"),
    row("aten::movedim", "int", "Tensor self, int[1] source, int[1] destination", convert_movedim, kView),
    row("aten::movedim", "intlist", "Tensor self, int[] source, int[] destination", convert_movedim, kView),
    row("aten::swapaxes", "", "Tensor self, int axis0, int axis1", convert_swap_axes, kView),
    row("aten::swapdims", "", "Tensor self, int dim0, int dim1", convert_swap_axes, kView),
    row("aten::numpy_T", "", "Tensor self", convert_swap_last, kView),
    row("aten::mT", "", "Tensor self", convert_swap_last, kView),
    row("aten::adjoint", "", "Tensor self", convert_swap_last, kView),
    row("aten::pad", "", "Tensor self, SymInt[] pad, str mode='constant', float? value=None", convert_pad),
    row("aten::repeat_interleave", "self_int", "Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None", convert_repeat_interleave),
    row("aten::tile", "", "Tensor self, SymInt[] dims", convert_tile),
    row("aten::triu", "", "Tensor self, int diagonal=0", convert_triu),
    // Reductions.
    row("aten::sum", "", "Tensor self, *, ScalarType? dtype=None", convert_sum),
    row("aten::mean", "", "Tensor self, *, ScalarType? dtype=None", convert_mean),
    row("aten::all", "", "Tensor self", convert_all),
    row("aten::all", "dim", "Tensor self, int dim, bool keepdim=False", convert_all),
    row("aten::all", "dims", "Tensor self, int[]? dim=None, bool keepdim=False", convert_all),
    row("aten::std", "correction", "Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False", convert_spread),
    row("aten::std", "dim", "Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False", convert_spread),
    row("aten::std", "", "Tensor self, bool unbiased=True", convert_spread),
    row("aten::var", "", "Tensor self, bool unbiased=True", convert_spread),
    row("aten::var_mean", "", "Tensor self, bool unbiased=True", convert_spread, Aliasing::none, "Tensor, Tensor"),
    row("aten::var_mean", "dim", "Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False", convert_spread, Aliasing::none, "Tensor, Tensor"),
    row("aten::logsumexp", "", "Tensor self, int[1] dim, bool keepdim=False", convert_logsumexp),
    row("aten::linalg_vector_norm", "", "Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None", convert_norm),
    row("aten::norm", "ScalarOpt_dim", "Tensor self, Scalar? ord, int[1] dim, bool keepdim=False", convert_norm),
    row("aten::sort", "", "Tensor self, int dim=-1, bool descending=False", convert_sort, Aliasing::none, "Tensor, Tensor"),
    // Creation.
    row("aten::zeros", "", kCreated, convert_zeros),
    row("aten::ones", "", kCreated, convert_ones),
    row("aten::full", "", "SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_full),
    row("aten::zeros_like", "", "Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None", convert_zeros),
    row("aten::ones_like", "", "Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None", convert_ones),
    row("aten::full_like", "", "Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None", convert_full),
    row("aten::new_zeros", "", "Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_zeros),
    row("aten::new_ones", "", "Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_ones),
    row("aten::new_full", "", "Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_full),
    row("aten::scalar_tensor", "", "Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_scalar_tensor),
    row("aten::arange", "", "Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_arange),
    row("aten::arange", "start", "Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_arange),
    row("aten::arange", "start_step", "Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_arange),
    row("aten::eye", "", "SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_eye),
    row("aten::eye", "m", "SymInt n, SymInt m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", convert_eye),
    // Resizing.
    row("aten::upsample_nearest1d", "vec", "Tensor input, SymInt[]? output_size, float[]? scale_factors", convert_upsample),
    row("aten::upsample_linear1d", "vec", "Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors", convert_upsample),
    row("aten::upsample_nearest2d", "", "Tensor input, SymInt[2] output_size, float? scales_h=None, float? scales_w=None", convert_upsample),
    row("aten::upsample_bilinear2d", "", "Tensor input, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None", convert_upsample),
    row("aten::grid_sampler", "", "Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners", convert_grid_sampler),
};
// clang-format on

// Operators of several names, without their overloads.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"aten::__and__", "aten::bitwise_and"},
    {"aten::__or__", "aten::bitwise_or"},
    {"aten::__xor__", "aten::bitwise_xor"},
    {"aten::__lshift__", "aten::bitwise_left_shift"},
    {"aten::__rshift__", "aten::bitwise_right_shift"},
    {"aten::absolute", "aten::abs"},
    {"aten::clip", "aten::clamp"},
    {"aten::concat", "aten::cat"},
    {"aten::concatenate", "aten::cat"},
    {"aten::divide", "aten::div"},
    {"aten::greater", "aten::gt"},
    {"aten::greater_equal", "aten::ge"},
    {"aten::less", "aten::lt"},
    {"aten::less_equal", "aten::le"},
    {"aten::multiply", "aten::mul"},
    {"aten::negative", "aten::neg"},
    {"aten::not_equal", "aten::ne"},
    {"aten::special_expit", "aten::sigmoid"},
    {"aten::subtract", "aten::sub"},
};

constexpr std::string_view kAssertions[] = {
    "aten::_assert_async.msg",
    "aten::_assert_scalar",
    "aten::_assert_tensor_metadata",
    "aten::sym_constrain_range",
    "aten::sym_constrain_range_for_size",
};

std::vector<schema::Operator> rows_of_table() {
  std::vector<schema::Operator> rows;
  for (const OperatorRow& entry : kRows) rows.push_back(entry.op);
  return rows;
}

const std::unordered_map<std::string_view, KnownOperator>& table() {
  static const std::vector<schema::Operator> rows = rows_of_table();
  static const std::vector<OpSchema> schemas = parse_ops(rows);
  static const std::unordered_map<std::string_view, KnownOperator> by_name = [] {
    std::unordered_map<std::string_view, KnownOperator> map;
    for (size_t i = 0; i < schemas.size(); ++i) {
      map.emplace(schemas[i].full_name(), KnownOperator{&schemas[i], kRows[i].convert, kRows[i].aliasing});
    }
    return map;
  }();
  return by_name;
}

// "aten::slice.Tensor" is "aten::slice_copy.Tensor" in a program.
std::string copying(std::string_view full_name) {
  const size_t dot = full_name.find('.');
  std::string name(full_name.substr(0, dot));
  name += "_copy";
  if (dot != std::string_view::npos) name += full_name.substr(dot);
  return name;
}

// The name that the tables know the operator by.
std::string usual_name(std::string_view full_name) {
  const size_t dot = std::min(full_name.find('.'), full_name.size());
  std::string_view overload = full_name.substr(dot);
  for (const auto& [other, usual] : kOtherNames) {
    if (full_name.substr(0, dot) != other) continue;
    if (usual.ends_with("shift") && overload == ".Scalar") overload = ".Tensor_Scalar";
    return std::string(usual) + std::string(overload);
  }
  return std::string(full_name);
}

}  // namespace

KnownOperator find_operator(std::string_view name) {
  const std::string full_name = usual_name(name);
  if (const auto found = table().find(full_name); found != table().end()) return found->second;
  if (const OpSchema* schema = find_op(full_name)) return {schema, convert_directly, Aliasing::none};
  if (const OpSchema* schema = find_op(copying(full_name))) return {schema, convert_directly, Aliasing::view};
  return {};
}

bool is_assertion(std::string_view full_name) {
  return std::ranges::contains(kAssertions, full_name);
}

}  // namespace ingot::compiler::pt2
