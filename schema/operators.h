// The one table of operators: every operator that a graph may hold, with its functional schema, the overload under
// which a program calls its kernel, its family, and whether ExecuTorch registers a kernel of that name (such operators
// may be emitted by default; the others only for `--target ingot`).
//
// Adding an operator starts with a row here; its shape rule, kernel and lowering are found by family or name.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingot::schema {

// How an operator computes its output's shape and dtype, and which loop its kernel shares with others.
enum class Family : uint8_t {
  unary,        // elementwise, one tensor, dtype kept
  unary_float,  // elementwise, one tensor, integers become float32
  unary_bool,   // elementwise, one tensor to bool
  binary,       // elementwise with broadcasting, dtype kept
  binary_bool,  // elementwise with broadcasting, to bool
  reduction,    // dims are removed or kept as 1
  movement,     // elements are copied, never computed
  creation,     // no tensor is read
  matmul,       // convolution, mm and their like
  pooling,
  normalization,
  indexing,  // gather, scatter, sort
  quantize,  // between float and affine integers
  other,
};

struct Operator {
  std::string_view name;      // "aten::add"
  std::string_view overload;  // of the functional form, may be empty: "Tensor"
  std::string_view out;       // "name.overload" of the kernel that a program calls: "aten::add.out"
  std::string_view args;      // ATen schema language, without the out arguments
  std::string_view returns;
  Family family;
  bool executorch;  // does ExecuTorch register `out`?
};

// clang-format off
inline constexpr Operator kOperators[] = {
  // Elementwise, one tensor.
  {"aten::abs", "", "aten::abs.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::neg", "", "aten::neg.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::ceil", "", "aten::ceil.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::floor", "", "aten::floor.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::round", "", "aten::round.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::trunc", "", "aten::trunc.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::sign", "", "aten::sign.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::relu", "", "aten::relu.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::bitwise_not", "", "aten::bitwise_not.out", "Tensor self", "Tensor", Family::unary, true},
  {"aten::acos", "", "aten::acos.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::acosh", "", "aten::acosh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::asin", "", "aten::asin.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::asinh", "", "aten::asinh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::atan", "", "aten::atan.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::atanh", "", "aten::atanh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::cos", "", "aten::cos.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::cosh", "", "aten::cosh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::erf", "", "aten::erf.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::exp", "", "aten::exp.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::expm1", "", "aten::expm1.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::log", "", "aten::log.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::log10", "", "aten::log10.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::log1p", "", "aten::log1p.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::log2", "", "aten::log2.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::reciprocal", "", "aten::reciprocal.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::rsqrt", "", "aten::rsqrt.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::sigmoid", "", "aten::sigmoid.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::sin", "", "aten::sin.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::sinh", "", "aten::sinh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::sqrt", "", "aten::sqrt.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::tan", "", "aten::tan.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::tanh", "", "aten::tanh.out", "Tensor self", "Tensor", Family::unary_float, true},
  {"aten::isinf", "", "aten::isinf.out", "Tensor self", "Tensor", Family::unary_bool, true},
  {"aten::isnan", "", "aten::isnan.out", "Tensor self", "Tensor", Family::unary_bool, true},
  {"aten::logical_not", "", "aten::logical_not.out", "Tensor self", "Tensor", Family::unary_bool, true},
  {"aten::hardswish", "", "ingot::hardswish.out", "Tensor self", "Tensor", Family::unary, false},
  {"aten::clamp", "", "aten::clamp.out", "Tensor self, Scalar? min=None, Scalar? max=None", "Tensor", Family::unary, true},
  {"aten::hardtanh", "", "aten::hardtanh.out", "Tensor self, Scalar min_val=-1, Scalar max_val=1", "Tensor", Family::unary, true},
  {"aten::leaky_relu", "", "aten::leaky_relu.out", "Tensor self, Scalar negative_slope=0.01", "Tensor", Family::unary, true},
  {"aten::elu", "", "aten::elu.out", "Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1", "Tensor", Family::unary, true},
  {"aten::gelu", "", "aten::gelu.out", "Tensor self, *, str approximate='none'", "Tensor", Family::unary, true},
  {"aten::logit", "", "aten::logit.out", "Tensor self, float? eps=None", "Tensor", Family::unary_float, true},
  {"aten::pow", "Tensor_Scalar", "aten::pow.Tensor_Scalar_out", "Tensor self, Scalar exponent", "Tensor", Family::unary, true},
  {"aten::pow", "Scalar", "aten::pow.Scalar_out", "Scalar self, Tensor exponent", "Tensor", Family::unary, true},
  {"aten::add", "Scalar", "aten::add.Scalar_out", "Tensor self, Scalar other, Scalar alpha=1", "Tensor", Family::unary, true},
  {"aten::sub", "Scalar", "aten::sub.Scalar_out", "Tensor self, Scalar other, Scalar alpha=1", "Tensor", Family::unary, true},
  {"aten::rsub", "Scalar", "aten::rsub.Scalar_out", "Tensor self, Scalar other, Scalar alpha=1", "Tensor", Family::unary, true},
  {"aten::mul", "Scalar", "aten::mul.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::fmod", "Scalar", "aten::fmod.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::remainder", "Scalar", "aten::remainder.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::bitwise_and", "Scalar", "aten::bitwise_and.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::bitwise_or", "Scalar", "aten::bitwise_or.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::bitwise_xor", "Scalar", "aten::bitwise_xor.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::bitwise_left_shift", "Tensor_Scalar", "aten::bitwise_left_shift.Tensor_Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::bitwise_right_shift", "Tensor_Scalar", "aten::bitwise_right_shift.Tensor_Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary, true},
  {"aten::div", "Scalar", "aten::div.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_float, true},
  {"aten::div", "Scalar_mode", "aten::div.Scalar_mode_out", "Tensor self, Scalar other, *, str? rounding_mode", "Tensor", Family::unary, true},
  {"aten::eq", "Scalar", "aten::eq.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::ne", "Scalar", "aten::ne.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::lt", "Scalar", "aten::lt.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::le", "Scalar", "aten::le.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::gt", "Scalar", "aten::gt.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::ge", "Scalar", "aten::ge.Scalar_out", "Tensor self, Scalar other", "Tensor", Family::unary_bool, true},
  {"aten::masked_fill", "Scalar", "aten::masked_fill.Scalar_out", "Tensor self, Tensor mask, Scalar value", "Tensor", Family::binary, true},
  {"aten::fill", "Scalar", "aten::fill.Scalar_out", "Tensor self, Scalar value", "Tensor", Family::unary, true},
  {"aten::fill", "Tensor", "aten::fill.Tensor_out", "Tensor self, Tensor value", "Tensor", Family::unary, true},
  {"aten::glu", "", "aten::glu.out", "Tensor self, int dim=-1", "Tensor", Family::unary, true},
  // Elementwise, broadcasting. Operands have one dtype: the compiler converts before.
  {"aten::add", "Tensor", "aten::add.out", "Tensor self, Tensor other, *, Scalar alpha=1", "Tensor", Family::binary, true},
  {"aten::sub", "Tensor", "aten::sub.out", "Tensor self, Tensor other, *, Scalar alpha=1", "Tensor", Family::binary, true},
  {"aten::mul", "Tensor", "aten::mul.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::div", "Tensor", "aten::div.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::div", "Tensor_mode", "aten::div.out_mode", "Tensor self, Tensor other, *, str? rounding_mode", "Tensor", Family::binary, true},
  {"aten::floor_divide", "", "aten::floor_divide.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::pow", "Tensor_Tensor", "aten::pow.Tensor_Tensor_out", "Tensor self, Tensor exponent", "Tensor", Family::binary, true},
  {"aten::fmod", "Tensor", "aten::fmod.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::remainder", "Tensor", "aten::remainder.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::atan2", "", "aten::atan2.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::maximum", "", "aten::maximum.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::minimum", "", "aten::minimum.out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::bitwise_and", "Tensor", "aten::bitwise_and.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::bitwise_or", "Tensor", "aten::bitwise_or.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::bitwise_xor", "Tensor", "aten::bitwise_xor.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::bitwise_left_shift", "Tensor", "aten::bitwise_left_shift.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::bitwise_right_shift", "Tensor", "aten::bitwise_right_shift.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::eq", "Tensor", "aten::eq.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::ne", "Tensor", "aten::ne.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::lt", "Tensor", "aten::lt.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::le", "Tensor", "aten::le.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::gt", "Tensor", "aten::gt.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::ge", "Tensor", "aten::ge.Tensor_out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::logical_and", "", "aten::logical_and.out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::logical_or", "", "aten::logical_or.out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::logical_xor", "", "aten::logical_xor.out", "Tensor self, Tensor other", "Tensor", Family::binary_bool, true},
  {"aten::where", "self", "aten::where.self_out", "Tensor condition, Tensor self, Tensor other", "Tensor", Family::binary, true},
  {"aten::clamp", "Tensor", "aten::clamp.Tensor_out", "Tensor self, Tensor? min=None, Tensor? max=None", "Tensor", Family::binary, true},
  {"aten::_prelu_kernel", "", "ingot::prelu.out", "Tensor self, Tensor weight", "Tensor", Family::binary, false},
  // Matrix products and convolution.
  {"aten::mm", "", "aten::mm.out", "Tensor self, Tensor mat2", "Tensor", Family::matmul, true},
  {"aten::bmm", "", "aten::bmm.out", "Tensor self, Tensor mat2", "Tensor", Family::matmul, true},
  {"aten::addmm", "", "aten::addmm.out", "Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1", "Tensor", Family::matmul, true},
  {"aten::convolution", "", "aten::convolution.out", "Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups", "Tensor", Family::matmul, true},
  // Pooling.
  {"aten::max_pool2d_with_indices", "", "aten::max_pool2d_with_indices.out", "Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False", "Tensor, Tensor", Family::pooling, true},
  {"aten::avg_pool2d", "", "aten::avg_pool2d.out", "Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None", "Tensor", Family::pooling, true},
  {"aten::_adaptive_avg_pool2d", "", "aten::_adaptive_avg_pool2d.out", "Tensor self, SymInt[2] output_size", "Tensor", Family::pooling, true},
  // Normalization and softmax.
  {"aten::_native_batch_norm_legit_no_training", "", "aten::_native_batch_norm_legit_no_training.out", "Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, float momentum, float eps", "Tensor, Tensor, Tensor", Family::normalization, true},
  {"aten::_native_batch_norm_legit", "", "aten::_native_batch_norm_legit.out", "Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, bool training, float momentum, float eps", "Tensor, Tensor, Tensor", Family::normalization, true},
  {"aten::_native_batch_norm_legit", "no_stats", "aten::_native_batch_norm_legit.no_stats_out", "Tensor input, Tensor? weight, Tensor? bias, bool training, float momentum, float eps", "Tensor, Tensor, Tensor", Family::normalization, true},
  {"aten::native_layer_norm", "", "aten::native_layer_norm.out", "Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps", "Tensor, Tensor, Tensor", Family::normalization, true},
  {"aten::native_group_norm", "", "aten::native_group_norm.out", "Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float eps", "Tensor, Tensor, Tensor", Family::normalization, true},
  {"aten::_softmax", "", "aten::_softmax.out", "Tensor self, int dim, bool half_to_float", "Tensor", Family::normalization, true},
  {"aten::_log_softmax", "", "aten::_log_softmax.out", "Tensor self, int dim, bool half_to_float", "Tensor", Family::normalization, true},
  {"aten::native_dropout", "", "aten::native_dropout.out", "Tensor input, float p, bool? train", "Tensor, Tensor", Family::normalization, true},
  // Reductions.
  {"aten::sum", "dim_IntList", "aten::sum.IntList_out", "Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  {"aten::mean", "dim", "aten::mean.out", "Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  {"aten::mean", "", "aten::mean.dtype_out", "Tensor self, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  {"aten::prod", "dim_int", "aten::prod.int_out", "Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  {"aten::prod", "", "aten::prod.out", "Tensor self, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  {"aten::amax", "", "aten::amax.out", "Tensor self, int[1] dim=[], bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::amin", "", "aten::amin.out", "Tensor self, int[1] dim=[], bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::any", "", "aten::any.all_out", "Tensor self", "Tensor", Family::reduction, true},
  {"aten::any", "dim", "aten::any.out", "Tensor self, int dim, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::any", "dims", "aten::any.dims_out", "Tensor self, int[]? dim=None, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::argmax", "", "aten::argmax.out", "Tensor self, int? dim=None, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::argmin", "", "aten::argmin.out", "Tensor self, int? dim=None, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::max", "dim", "aten::max.dim_max", "Tensor self, int dim, bool keepdim=False", "Tensor, Tensor", Family::reduction, true},
  {"aten::min", "dim", "aten::min.dim_min", "Tensor self, int dim, bool keepdim=False", "Tensor, Tensor", Family::reduction, true},
  {"aten::max", "", "aten::max.unary_out", "Tensor self", "Tensor", Family::reduction, true},
  {"aten::min", "", "aten::min.unary_out", "Tensor self", "Tensor", Family::reduction, true},
  {"aten::var", "correction", "aten::var.correction_out", "Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::var", "dim", "aten::var.out", "Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False", "Tensor", Family::reduction, true},
  {"aten::var_mean", "correction", "aten::var_mean.correction_out", "Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False", "Tensor, Tensor", Family::reduction, true},
  {"aten::cumsum", "", "aten::cumsum.out", "Tensor self, int dim, *, ScalarType? dtype=None", "Tensor", Family::reduction, true},
  // Data movement.
  {"aten::cat", "", "aten::cat.out", "Tensor[] tensors, int dim=0", "Tensor", Family::movement, true},
  {"aten::stack", "", "aten::stack.out", "Tensor[] tensors, int dim=0", "Tensor", Family::movement, true},
  {"aten::split_copy", "Tensor", "aten::split_copy.Tensor_out", "Tensor self, SymInt split_size, int dim=0", "Tensor[]", Family::movement, true},
  {"aten::split_with_sizes_copy", "", "aten::split_with_sizes_copy.out", "Tensor self, SymInt[] split_sizes, int dim=0", "Tensor[]", Family::movement, true},
  {"aten::unbind_copy", "int", "aten::unbind_copy.int_out", "Tensor self, int dim=0", "Tensor[]", Family::movement, true},
  {"aten::slice_copy", "Tensor", "aten::slice_copy.Tensor_out", "Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1", "Tensor", Family::movement, true},
  {"aten::narrow_copy", "", "aten::narrow_copy.out", "Tensor self, int dim, SymInt start, SymInt length", "Tensor", Family::movement, true},
  {"aten::select_copy", "int", "aten::select_copy.int_out", "Tensor self, int dim, SymInt index", "Tensor", Family::movement, true},
  {"aten::slice_scatter", "", "aten::slice_scatter.out", "Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1", "Tensor", Family::movement, true},
  {"aten::select_scatter", "", "aten::select_scatter.out", "Tensor self, Tensor src, int dim, SymInt index", "Tensor", Family::movement, true},
  {"aten::diagonal_copy", "", "aten::diagonal_copy.out", "Tensor self, int offset=0, int dim1=0, int dim2=1", "Tensor", Family::movement, true},
  {"aten::unfold_copy", "", "aten::unfold_copy.out", "Tensor self, int dimension, int size, int step", "Tensor", Family::movement, true},
  {"aten::as_strided_copy", "", "aten::as_strided_copy.out", "Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None", "Tensor", Family::movement, true},
  {"aten::permute_copy", "", "aten::permute_copy.out", "Tensor self, int[] dims", "Tensor", Family::movement, true},
  {"aten::transpose_copy", "int", "aten::transpose_copy.int_out", "Tensor self, int dim0, int dim1", "Tensor", Family::movement, true},
  {"aten::t_copy", "", "aten::t_copy.out", "Tensor self", "Tensor", Family::movement, true},
  {"aten::view_copy", "", "aten::view_copy.out", "Tensor self, SymInt[] size", "Tensor", Family::movement, true},
  {"aten::expand_copy", "", "aten::expand_copy.out", "Tensor self, SymInt[] size, *, bool implicit=False", "Tensor", Family::movement, true},
  {"aten::repeat", "", "aten::repeat.out", "Tensor self, SymInt[] repeats", "Tensor", Family::movement, true},
  {"aten::squeeze_copy", "dim", "aten::squeeze_copy.dim_out", "Tensor self, int dim", "Tensor", Family::movement, true},
  {"aten::squeeze_copy", "dims", "aten::squeeze_copy.dims_out", "Tensor self, int[] dim", "Tensor", Family::movement, true},
  {"aten::unsqueeze_copy", "", "aten::unsqueeze_copy.out", "Tensor self, int dim", "Tensor", Family::movement, true},
  {"aten::constant_pad_nd", "", "aten::constant_pad_nd.out", "Tensor self, SymInt[] pad, Scalar value=0", "Tensor", Family::movement, true},
  {"aten::reflection_pad1d", "", "aten::reflection_pad1d.out", "Tensor self, SymInt[2] padding", "Tensor", Family::movement, true},
  {"aten::reflection_pad2d", "", "aten::reflection_pad2d.out", "Tensor self, SymInt[4] padding", "Tensor", Family::movement, true},
  {"aten::reflection_pad3d", "", "aten::reflection_pad3d.out", "Tensor self, SymInt[6] padding", "Tensor", Family::movement, true},
  {"aten::replication_pad1d", "", "aten::replication_pad1d.out", "Tensor self, SymInt[2] padding", "Tensor", Family::movement, true},
  {"aten::replication_pad2d", "", "aten::replication_pad2d.out", "Tensor self, SymInt[4] padding", "Tensor", Family::movement, true},
  {"aten::replication_pad3d", "", "aten::replication_pad3d.out", "Tensor self, SymInt[6] padding", "Tensor", Family::movement, true},
  {"aten::flip", "", "aten::flip.out", "Tensor self, int[] dims", "Tensor", Family::movement, true},
  {"aten::roll", "", "aten::roll.out", "Tensor self, SymInt[1] shifts, int[1] dims=[]", "Tensor", Family::movement, true},
  {"aten::tril", "", "aten::tril.out", "Tensor self, int diagonal=0", "Tensor", Family::movement, true},
  {"aten::pixel_shuffle", "", "aten::pixel_shuffle.out", "Tensor self, int upscale_factor", "Tensor", Family::movement, true},
  {"aten::pixel_unshuffle", "", "aten::pixel_unshuffle.out", "Tensor self, int downscale_factor", "Tensor", Family::movement, true},
  {"aten::clone", "", "aten::clone.out", "Tensor self, *, MemoryFormat? memory_format=None", "Tensor", Family::movement, true},
  {"aten::alias_copy", "", "aten::alias_copy.out", "Tensor self", "Tensor", Family::movement, true},
  {"aten::detach_copy", "", "aten::detach_copy.out", "Tensor self", "Tensor", Family::movement, true},
  {"aten::lift_fresh_copy", "", "aten::lift_fresh_copy.out", "Tensor self", "Tensor", Family::movement, true},
  {"aten::_conj_physical", "", "aten::_conj_physical.out", "Tensor self", "Tensor", Family::movement, true},
  {"aten::copy", "", "aten::copy.out", "Tensor self, Tensor src, bool non_blocking=False", "Tensor", Family::movement, true},
  {"aten::_to_copy", "", "aten::_to_copy.out", "Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None", "Tensor", Family::movement, true},
  // dim_order_ops: conversions that name the layout of their result.
  {"dim_order_ops::_to_dim_order_copy", "", "dim_order_ops::_to_dim_order_copy.out", "Tensor self, *, bool non_blocking=False, int[]? dim_order=None, ScalarType? dtype=None", "Tensor", Family::movement, true},
  {"dim_order_ops::_clone_dim_order", "", "dim_order_ops::_clone_dim_order.out", "Tensor self, *, bool non_blocking=False, int[]? dim_order=None", "Tensor", Family::movement, true},
  // Between the memories of host and device, which are one here.
  {"et_copy::_h2d_copy", "", "et_copy::_h2d_copy.out", "Tensor self", "Tensor", Family::movement, true},
  {"et_copy::_d2h_copy", "", "et_copy::_d2h_copy.out", "Tensor self", "Tensor", Family::movement, true},
  // Creation.
  {"aten::full", "", "aten::full.out", "SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  {"aten::full_like", "", "aten::full_like.out", "Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None", "Tensor", Family::creation, true},
  {"aten::ones", "", "aten::ones.out", "SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  {"aten::zeros", "", "aten::zeros.out", "SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  {"aten::empty", "memory_format", "aten::empty.out", "SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None", "Tensor", Family::creation, true},
  {"dim_order_ops::_empty_dim_order", "", "dim_order_ops::_empty_dim_order.out", "SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, int[]? dim_order=None", "Tensor", Family::creation, true},
  {"aten::arange", "", "aten::arange.out", "Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  {"aten::arange", "start_step", "aten::arange.start_out", "Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  {"aten::scalar_tensor", "", "aten::scalar_tensor.out", "Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None", "Tensor", Family::creation, true},
  // Indexing.
  {"aten::index_select", "", "aten::index_select.out", "Tensor self, int dim, Tensor index", "Tensor", Family::indexing, true},
  {"aten::index", "Tensor", "aten::index.Tensor_out", "Tensor self, Tensor?[] indices", "Tensor", Family::indexing, true},
  {"aten::index_put", "", "aten::index_put.out", "Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False", "Tensor", Family::indexing, true},
  {"aten::gather", "", "aten::gather.out", "Tensor self, int dim, Tensor index, *, bool sparse_grad=False", "Tensor", Family::indexing, true},
  {"aten::embedding", "", "aten::embedding.out", "Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False", "Tensor", Family::indexing, true},
  {"aten::scatter", "src", "aten::scatter.src_out", "Tensor self, int dim, Tensor index, Tensor src", "Tensor", Family::indexing, true},
  {"aten::scatter", "value", "aten::scatter.value_out", "Tensor self, int dim, Tensor index, Scalar value", "Tensor", Family::indexing, true},
  {"aten::scatter_add", "", "aten::scatter_add.out", "Tensor self, int dim, Tensor index, Tensor src", "Tensor", Family::indexing, true},
  {"aten::masked_scatter", "", "aten::masked_scatter.out", "Tensor self, Tensor mask, Tensor source", "Tensor", Family::indexing, true},
  // How large these results are depends on what the tensors hold.
  {"aten::masked_select", "", "aten::masked_select.out", "Tensor self, Tensor mask", "Tensor", Family::indexing, true},
  {"aten::nonzero", "", "aten::nonzero.out", "Tensor self", "Tensor", Family::indexing, true},
  {"aten::repeat_interleave", "Tensor", "aten::repeat_interleave.Tensor_out", "Tensor repeats, *, SymInt? output_size=None", "Tensor", Family::indexing, true},
  {"aten::topk", "", "aten::topk.values", "Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True", "Tensor, Tensor", Family::indexing, true},
  // Distances between points.
  {"aten::_cdist_forward", "", "aten::_cdist_forward.out", "Tensor x1, Tensor x2, float p, int? compute_mode", "Tensor", Family::other, true},
  {"aten::_pdist_forward", "", "aten::_pdist_forward.out", "Tensor self, float p=2", "Tensor", Family::other, true},
  // Resizing.
  {"aten::upsample_nearest2d", "vec", "aten::upsample_nearest2d.vec_out", "Tensor input, SymInt[]? output_size, float[]? scale_factors", "Tensor", Family::pooling, true},
  {"aten::upsample_bilinear2d", "vec", "aten::upsample_bilinear2d.vec_out", "Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors", "Tensor", Family::pooling, true},
  {"aten::_upsample_bilinear2d_aa", "", "aten::_upsample_bilinear2d_aa.out", "Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None", "Tensor", Family::pooling, true},
  {"aten::grid_sampler_2d", "", "aten::grid_sampler_2d.out", "Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners", "Tensor", Family::pooling, true},
  // Between float and affine integers.
  {"quantized_decomposed::quantize_per_tensor", "", "quantized_decomposed::quantize_per_tensor.out", "Tensor input, float scale, int zero_point, int quant_min, int quant_max, ScalarType dtype", "Tensor", Family::quantize, true},
  {"quantized_decomposed::dequantize_per_tensor", "", "quantized_decomposed::dequantize_per_tensor.out", "Tensor input, float scale, int zero_point, int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None", "Tensor", Family::quantize, true},
  {"quantized_decomposed::quantize_per_tensor", "tensor", "quantized_decomposed::quantize_per_tensor.Tensor_out", "Tensor input, Tensor scale, Tensor zero_point, int quant_min, int quant_max, ScalarType dtype", "Tensor", Family::quantize, true},
  {"quantized_decomposed::dequantize_per_tensor", "tensor", "quantized_decomposed::dequantize_per_tensor.Tensor_out", "Tensor input, Tensor scale, Tensor zero_point, int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None", "Tensor", Family::quantize, true},
  {"quantized_decomposed::quantize_per_channel", "", "quantized_decomposed::quantize_per_channel.out", "Tensor input, Tensor scales, Tensor zero_points, int axis, int quant_min, int quant_max, ScalarType dtype", "Tensor", Family::quantize, true},
  {"quantized_decomposed::dequantize_per_channel", "", "quantized_decomposed::dequantize_per_channel.out", "Tensor input, Tensor scales, Tensor? zero_points, int axis, int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None", "Tensor", Family::quantize, true},
  {"quantized_decomposed::quantize_per_token", "", "quantized_decomposed::quantize_per_token.out", "Tensor input, Tensor scales, Tensor zero_points, int quant_min, int quant_max, ScalarType dtype", "Tensor", Family::quantize, true},
  {"quantized_decomposed::dequantize_per_token", "", "quantized_decomposed::dequantize_per_token.out", "Tensor input, Tensor scales, Tensor zero_points, int quant_min, int quant_max, ScalarType dtype, ScalarType output_dtype", "Tensor", Family::quantize, true},
  {"quantized_decomposed::choose_qparams", "tensor", "quantized_decomposed::choose_qparams.Tensor_out", "Tensor input, int quant_min, int quant_max, float eps, ScalarType dtype", "Tensor, Tensor", Family::quantize, true},
  {"quantized_decomposed::choose_qparams_per_token_asymmetric", "", "quantized_decomposed::choose_qparams_per_token_asymmetric.out", "Tensor input, ScalarType dtype", "Tensor, Tensor", Family::quantize, true},
  // On integers and floats at once, as ExecuTorch defines them.
  {"quantized_decomposed::add", "", "quantized_decomposed::add.out", "Tensor a, float a_scale, int a_zero_point, int a_quant_min, int a_quant_max, Tensor b, float b_scale, int b_zero_point, int b_quant_min, int b_quant_max, float out_scale, int out_zero_point, int out_quant_min, int out_quant_max", "Tensor", Family::other, true},
  {"quantized_decomposed::mixed_mm", "", "quantized_decomposed::mixed_mm.out", "Tensor input, Tensor weight, Tensor weight_scales, Tensor? weight_zero_points", "Tensor", Family::matmul, true},
  {"quantized_decomposed::mixed_linear", "", "quantized_decomposed::mixed_linear.out", "Tensor input, Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, ScalarType? dtype=None", "Tensor", Family::matmul, true},
  {"quantized_decomposed::embedding_byte", "", "quantized_decomposed::embedding_byte.out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices", "Tensor", Family::indexing, true},
  {"quantized_decomposed::embedding_byte", "dtype", "quantized_decomposed::embedding_byte.dtype_out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices, *, ScalarType? dtype=None", "Tensor", Family::indexing, true},
  {"quantized_decomposed::embedding_4bit", "", "quantized_decomposed::embedding_4bit.out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices", "Tensor", Family::indexing, true},
  {"quantized_decomposed::embedding_4bit", "dtype", "quantized_decomposed::embedding_4bit.dtype_out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices, ScalarType? dtype=None", "Tensor", Family::indexing, true},
  {"quantized_decomposed::embedding_2bit", "", "quantized_decomposed::embedding_2bit.out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices", "Tensor", Family::indexing, true},
  {"quantized_decomposed::embedding_2bit", "dtype", "quantized_decomposed::embedding_2bit.dtype_out", "Tensor weight, Tensor weight_scales, Tensor? weight_zero_points, int weight_quant_min, int weight_quant_max, Tensor indices, ScalarType? dtype=None", "Tensor", Family::indexing, true},
  // On 8-bit integers (runtime/kernels/quantized/arithmetic.h says how). What only moves data takes them as it is.
  {"ingot::quantized_convolution", "", "ingot::quantized_convolution.out", "Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, float input_scale, int input_zero_point, Tensor weight_scales, int weight_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::matmul, false},
  {"ingot::quantized_linear", "", "ingot::quantized_linear.out", "Tensor input, Tensor weight, Tensor? bias, float input_scale, int input_zero_point, Tensor weight_scales, int weight_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::matmul, false},
  {"ingot::quantized_bmm", "", "ingot::quantized_bmm.out", "Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale, int b_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::matmul, false},
  {"ingot::quantized_add", "", "ingot::quantized_add.out", "Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale, int b_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::binary, false},
  {"ingot::quantized_sub", "", "ingot::quantized_sub.out", "Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale, int b_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::binary, false},
  {"ingot::quantized_mul", "", "ingot::quantized_mul.out", "Tensor a, float a_scale, int a_zero_point, Tensor b, float b_scale, int b_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::binary, false},
  {"ingot::quantized_table", "", "ingot::quantized_table.out", "Tensor self, Tensor table", "Tensor", Family::unary, false},
  {"ingot::quantized_avg_pool2d", "", "ingot::quantized_avg_pool2d.out", "Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, bool ceil_mode, bool count_include_pad, int? divisor_override, float input_scale, int input_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::pooling, false},
  {"ingot::quantized_mean", "", "ingot::quantized_mean.out", "Tensor self, int[1]? dim, bool keepdim, float input_scale, int input_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::reduction, false},
  {"ingot::quantized_softmax", "", "ingot::quantized_softmax.out", "Tensor self, int dim, float input_scale, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::normalization, false},
  {"ingot::quantized_layer_norm", "", "ingot::quantized_layer_norm.out", "Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps, float input_scale, int input_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::normalization, false},
  {"ingot::quantized_group_norm", "", "ingot::quantized_group_norm.out", "Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float eps, float input_scale, int input_zero_point, float output_scale, int output_zero_point, int output_min, int output_max", "Tensor", Family::normalization, false},
  {"ingot::quantized_upsample_bilinear2d", "", "ingot::quantized_upsample_bilinear2d.out", "Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors", "Tensor", Family::pooling, false},
};
// clang-format on

}  // namespace ingot::schema
