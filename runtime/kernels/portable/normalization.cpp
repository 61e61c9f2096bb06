// Batch, layer and group normalization. Sums are taken in double, in a fixed order, over two passes (mean, then squared
// distances from it).
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/core/parallel.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// Calls f(tensor offsets, n) for runs of at most kBlock points; strides are those of loop's last dimension.
template <typename F>
void for_each_block(const StridedLoop& loop, F&& f) {
  for_each_row(loop, 0, loop.count, [&](const int64_t* starts, size_t n) {
    const auto& strides = loop.strides[loop.rank - 1];
    std::array<int64_t, StridedLoop::kMaxOperands> offsets{};
    for (size_t begin = 0; begin < n; begin += kBlock) {
      for (size_t k = 0; k < loop.operands; ++k) offsets[k] = starts[k] + static_cast<int64_t>(begin) * strides[k];
      f(offsets.data(), std::min(kBlock, n - begin));
    }
  });
}

// A weight or bias of these sizes, which may be absent. Beside a float16 or bfloat16 input it may be float32.
Result<void> check_parameter(const Tensor* parameter, const Tensor& input, std::span<const int32_t> sizes,
                             const char* what) {
  if (parameter == nullptr) return {};
  const bool wider = size_of(input.dtype()) == 2 && parameter->dtype() == DType::float32;
  if (!wider) INGOT_TRY_VOID(check_same_dtype(input, "input", *parameter, what));
  INGOT_TRY_VOID(check_rank(*parameter, sizes.size(), what));
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    if (parameter->size(dim) == sizes[dim]) continue;
    return fail(ErrorCode::invalid_argument, "%s: expected size %d in dimension %zu, found %d", what, sizes[dim], dim,
                parameter->size(dim));
  }
  return check_data(*parameter, what);
}

Result<double> check_eps(double eps) {
  if (eps == eps) return eps;
  return fail(ErrorCode::invalid_argument, "eps is not a number");
}

template <typename C>
C read_one(const Tensor& tensor, int64_t index) {
  C value;
  load_block<C>(tensor.dtype())(&value, element_at(tensor, index), 1, 1);
  return value;
}

// Batch normalization by stored statistics is x * factor + offset, one of each a channel.
template <typename C>
void scale_channels(const Parallel& parallel, const Tensor& input, const Tensor* weight, const Tensor* bias,
                    const Tensor& mean, const Tensor& variance, double eps, Tensor& out) {
  StridedLoop plane(2);
  for (size_t dim = 2; dim < input.rank(); ++dim) {
    plane.add_dim(input.size(dim), {out.strides()[dim], input.strides()[dim]});
  }
  plane.simplify();
  const LoadBlock<C> load = load_block<C>(input.dtype());
  const StoreBlock<C> store = store_block<C>(input.dtype());
  const int64_t out_step = plane.strides[plane.rank - 1][0], in_step = plane.strides[plane.rank - 1][1];
  const bool in_place = input.dtype() == DType::float32 && out_step == 1 && in_step == 1;
  const int64_t channels = input.size(1);
  parallel_for(parallel, static_cast<size_t>(input.size(0) * channels), 1, [&](size_t begin, size_t end) {
    std::array<C, kBlock> block;
    for (int64_t i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
      const int64_t image = i / channels, channel = i % channels;
      const C deviation = std::sqrt(read_one<C>(variance, channel) + static_cast<C>(eps));
      const C factor = (weight != nullptr ? read_one<C>(*weight, channel) : C{1}) / deviation;
      const C offset = (bias != nullptr ? read_one<C>(*bias, channel) : C{0}) - read_one<C>(mean, channel) * factor;
      std::byte* to = element_at(out, image * out.strides()[0] + channel * out.strides()[1]);
      const std::byte* from = element_at(input, image * input.strides()[0] + channel * input.strides()[1]);
      const int64_t size = static_cast<int64_t>(size_of(input.dtype()));
      for_each_block(plane, [&](const int64_t* offsets, size_t n) {
        if constexpr (std::same_as<C, float>) {
          if (in_place) {
            float* y = reinterpret_cast<float*>(to + offsets[0] * size);
            const float* x = reinterpret_cast<const float*>(from + offsets[1] * size);
            for (size_t j = 0; j < n; ++j) y[j] = x[j] * factor + offset;
            return;
          }
        }
        load(block.data(), from + offsets[1] * size, in_step, n);
        for (size_t j = 0; j < n; ++j) block[j] = block[j] * factor + offset;
        store(to + offsets[0] * size, out_step, block.data(), n);
      });
    }
  });
}

// _native_batch_norm_legit_no_training.out(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean,
//     Tensor running_var, float momentum, float eps, *, out0, out1, out2): out1 and out2, the statistics that training
// would save, are empty. _native_batch_norm_legit.out has `bool training` before momentum, which must be false.
template <bool kLegit>
Result<void> batch_norm(KernelContext& context, KernelArgs args) {
  constexpr size_t kNext = kLegit ? 6 : 5;  // momentum
  if (kLegit && args.boolean(5)) {
    return fail(ErrorCode::not_supported, "training: expected false, for it changes the running statistics");
  }
  const Tensor& input = args.tensor(0);
  const Tensor* weight = args.optional_tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  const Tensor& mean = args.tensor(3);
  const Tensor& variance = args.tensor(4);
  const double eps = INGOT_TRY(check_eps(args.real(kNext + 1)));
  Tensor& out = args.tensor(kNext + 2);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_rank_between(input, 2, kMaxRank, "input"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  const std::span<const int32_t> channels = input.sizes().subspan(1, 1);
  INGOT_TRY_VOID(check_parameter(weight, input, channels, "weight"));
  INGOT_TRY_VOID(check_parameter(bias, input, channels, "bias"));
  INGOT_TRY_VOID(check_parameter(&mean, input, channels, "running_mean"));
  INGOT_TRY_VOID(check_parameter(&variance, input, channels, "running_var"));
  INGOT_TRY_VOID(out.resize(input.sizes()));
  static constexpr int32_t kNone[] = {0};
  INGOT_TRY_VOID(args.tensor(kNext + 3).resize(kNone));
  INGOT_TRY_VOID(args.tensor(kNext + 4).resize(kNone));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (input.numel() == 0) return {};
  const auto run = input.dtype() == DType::float64 ? scale_channels<double> : scale_channels<float>;
  run(context.parallel, input, weight, bias, mean, variance, eps, out);
  return {};
}

// A weight or bias from some element on; data is null where there is none.
struct Parameter {
  Parameter() = default;
  Parameter(const Tensor* tensor, int64_t first)
      : data(tensor != nullptr ? element_at(*tensor, first) : nullptr),
        dtype(tensor != nullptr ? tensor->dtype() : DType::float32) {}

  // n values, `stride` apart, from an offset on.
  template <typename C>
  void read(C* values, int64_t offset, int64_t stride, size_t n) const {
    load_block<C>(dtype)(values, data + offset * static_cast<int64_t>(size_of(dtype)), stride, n);
  }

  const std::byte* data = nullptr;
  DType dtype = DType::float32;
};

// A set of elements that is normalized together, as offsets into each operand.
struct Group {
  StridedLoop loop{4};  // out, input, weight, bias
  const std::byte* input;
  std::byte* out;
  Parameter weight;
  Parameter bias;
};

struct Moments {
  double mean;
  double rstd;
};

template <typename C>
Moments normalize_group(const Group& group, DType dtype, double eps) {
  const LoadBlock<C> load = load_block<C>(dtype);
  const StoreBlock<C> store = store_block<C>(dtype);
  const int64_t size = static_cast<int64_t>(size_of(dtype));
  const auto& steps = group.loop.strides[group.loop.rank - 1];
  std::array<C, kBlock> x, w, b;
  constexpr size_t kSums = 8;  // independent sums, so that they can be added at the same time
  const auto total = [&](auto&& term) {
    std::array<double, kSums> sums{};
    for_each_block(group.loop, [&](const int64_t* offsets, size_t n) {
      load(x.data(), group.input + offsets[1] * size, steps[1], n);
      size_t i = 0;
      for (; i + kSums <= n; i += kSums) {
        for (size_t lane = 0; lane < kSums; ++lane) sums[lane] += term(x[i + lane]);
      }
      for (size_t lane = 0; i < n; ++i, ++lane) sums[lane] += term(x[i]);
    });
    double sum = 0;
    for (const double lane : sums) sum += lane;
    return sum;
  };
  const double count = static_cast<double>(group.loop.count);
  const double mean = total([](C value) { return static_cast<double>(value); }) / count;
  const double variance = total([mean](C value) { return (value - mean) * (value - mean); }) / count;
  const double rstd = 1 / std::sqrt(variance + eps);
  const C factor = static_cast<C>(rstd);
  for_each_block(group.loop, [&](const int64_t* offsets, size_t n) {
    load(x.data(), group.input + offsets[1] * size, steps[1], n);
    // The difference in double: a mean that is large beside the deviation would cost digits otherwise.
    for (size_t i = 0; i < n; ++i) x[i] = static_cast<C>(x[i] - mean) * factor;
    if (group.weight.data != nullptr) {
      group.weight.read(w.data(), offsets[2], steps[2], n);
      for (size_t i = 0; i < n; ++i) x[i] *= w[i];
    }
    if (group.bias.data != nullptr) {
      group.bias.read(b.data(), offsets[3], steps[3], n);
      for (size_t i = 0; i < n; ++i) x[i] += b[i];
    }
    store(group.out + offsets[0] * size, steps[0], x.data(), n);
  });
  return {mean, rstd};
}

Moments normalize_group(const Group& group, DType dtype, double eps) {
  return dtype == DType::float64 ? normalize_group<double>(group, dtype, eps)
                                 : normalize_group<float>(group, dtype, eps);
}

void store_moments(const Moments& moments, const Tensor& mean, const Tensor& rstd, int64_t mean_at, int64_t rstd_at) {
  store_block<double>(mean.dtype())(element_at(mean, mean_at), 1, &moments.mean, 1);
  store_block<double>(rstd.dtype())(element_at(rstd, rstd_at), 1, &moments.rstd, 1);
}

Result<void> prepare_statistics(Tensor& tensor, std::span<const int32_t> sizes, const char* what) {
  INGOT_TRY_VOID(check_dtype_in(tensor, kFloats, what));
  INGOT_TRY_VOID(tensor.resize(sizes));
  return check_data(tensor, what);
}

// The dimensions before `axis`, whose points are the groups: out, input, mean, rstd.
StridedLoop outer_loop(const Tensor& input, const Tensor& out, const Tensor& mean, const Tensor& rstd, size_t axis) {
  StridedLoop loop(4);
  for (size_t dim = 0; dim < axis; ++dim) {
    loop.add_dim(input.size(dim), {out.strides()[dim], input.strides()[dim], mean.strides()[dim], rstd.strides()[dim]});
  }
  loop.simplify();
  return loop;
}

// native_layer_norm.out(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps, *, out0, out1,
//                       out2): out1 is the mean and out2 1 / deviation, both with sizes of 1 where input is normalized.
Result<void> layer_norm(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const std::span<const int64_t> shape = args.ints(1);
  const Tensor* weight = args.optional_tensor(2);
  const Tensor* bias = args.optional_tensor(3);
  const double eps = INGOT_TRY(check_eps(args.real(4)));
  Tensor& out = args.tensor(5);
  Tensor& mean = args.tensor(6);
  Tensor& rstd = args.tensor(7);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  if (shape.empty() || shape.size() > input.rank()) {
    return fail(ErrorCode::invalid_argument, "normalized_shape: expected 1 to %zu sizes, found %zu", input.rank(),
                shape.size());
  }
  const size_t axis = input.rank() - shape.size();
  std::array<int32_t, kMaxRank> statistics;
  size_t count = 1;
  for (size_t dim = 0; dim < input.rank(); ++dim) {
    statistics[dim] = dim < axis ? input.size(dim) : 1;
    if (dim < axis) continue;
    if (shape[dim - axis] != input.size(dim)) {
      return fail(ErrorCode::invalid_argument, "normalized_shape: expected %d for dimension %zu, found %lld",
                  input.size(dim), dim, static_cast<long long>(shape[dim - axis]));
    }
    count *= static_cast<size_t>(input.size(dim));
  }
  INGOT_TRY_VOID(check_parameter(weight, input, input.sizes().subspan(axis), "weight"));
  INGOT_TRY_VOID(check_parameter(bias, input, input.sizes().subspan(axis), "bias"));
  INGOT_TRY_VOID(out.resize(input.sizes()));
  INGOT_TRY_VOID(prepare_statistics(mean, std::span(statistics).first(input.rank()), "mean"));
  INGOT_TRY_VOID(prepare_statistics(rstd, std::span(statistics).first(input.rank()), "rstd"));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (mean.numel() == 0) return {};
  if (count == 0) return fail(ErrorCode::invalid_argument, "normalized_shape: there is nothing to normalize");

  Group group;
  for (size_t dim = axis; dim < input.rank(); ++dim) {
    const auto stride = [&](const Tensor* parameter) {
      return parameter != nullptr ? parameter->strides()[dim - axis] : 0;
    };
    group.loop.add_dim(input.size(dim), {out.strides()[dim], input.strides()[dim], stride(weight), stride(bias)});
  }
  group.loop.simplify();
  group.weight = Parameter(weight, 0);
  group.bias = Parameter(bias, 0);
  const StridedLoop outer = outer_loop(input, out, mean, rstd, axis);
  parallel_for(context.parallel, outer.count, 1, [&](size_t begin, size_t end) {
    Group mine = group;
    for_each_row(outer, begin, end, [&](const int64_t* starts, size_t n) {
      const auto& steps = outer.strides[outer.rank - 1];
      for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) {
        mine.out = element_at(out, starts[0] + i * steps[0]);
        mine.input = element_at(input, starts[1] + i * steps[1]);
        const Moments moments = normalize_group(mine, input.dtype(), eps);
        store_moments(moments, mean, rstd, starts[2] + i * steps[2], starts[3] + i * steps[3]);
      }
    });
  });
  return {};
}

// native_group_norm.out(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps, *,
//                       out0, out1, out2): out1 and out2 are [N, group].
Result<void> group_norm(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const Tensor* weight = args.optional_tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  const int64_t batch = args.integer(3), channels = args.integer(4), pixels = args.integer(5), groups = args.integer(6);
  const double eps = INGOT_TRY(check_eps(args.real(7)));
  Tensor& out = args.tensor(8);
  Tensor& mean = args.tensor(9);
  Tensor& rstd = args.tensor(10);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_rank_between(input, 2, kMaxRank, "input"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  int64_t found_pixels = 1;  // no overflow: a factor of numel, unless a size is 0
  for (size_t dim = 2; dim < input.rank() && found_pixels != 0; ++dim) {
    if (__builtin_mul_overflow(found_pixels, static_cast<int64_t>(input.size(dim)), &found_pixels)) {
      return fail(ErrorCode::invalid_argument, "input: too large");
    }
  }
  if (batch != input.size(0) || channels != input.size(1) || pixels != found_pixels) {
    return fail(ErrorCode::invalid_argument, "N, C and HxW are not those of the input: %lld, %lld, %lld",
                static_cast<long long>(batch), static_cast<long long>(channels), static_cast<long long>(pixels));
  }
  if (groups < 1 || channels % groups != 0) {
    return fail(ErrorCode::invalid_argument, "group: expected a divisor of C, %lld, found %lld",
                static_cast<long long>(channels), static_cast<long long>(groups));
  }
  INGOT_TRY_VOID(check_parameter(weight, input, input.sizes().subspan(1, 1), "weight"));
  INGOT_TRY_VOID(check_parameter(bias, input, input.sizes().subspan(1, 1), "bias"));
  const std::array<int32_t, 2> statistics = {input.size(0), INGOT_TRY(to_size(groups, "group"))};
  INGOT_TRY_VOID(out.resize(input.sizes()));
  INGOT_TRY_VOID(prepare_statistics(mean, statistics, "mean"));
  INGOT_TRY_VOID(prepare_statistics(rstd, statistics, "rstd"));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (mean.numel() == 0) return {};
  const int64_t group_channels = channels / groups;
  if (group_channels == 0 || pixels == 0) {
    return fail(ErrorCode::invalid_argument, "input: there is nothing to normalize");
  }

  Group group;
  group.loop.add_dim(group_channels, {out.strides()[1], input.strides()[1], 1, 1});
  for (size_t dim = 2; dim < input.rank(); ++dim) {
    group.loop.add_dim(input.size(dim), {out.strides()[dim], input.strides()[dim], 0, 0});
  }
  group.loop.simplify();
  parallel_for(context.parallel, static_cast<size_t>(batch * groups), 1, [&](size_t begin, size_t end) {
    Group mine = group;
    for (int64_t i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); ++i) {
      const int64_t image = i / groups, index = i % groups, channel = index * group_channels;
      mine.out = element_at(out, image * out.strides()[0] + channel * out.strides()[1]);
      mine.input = element_at(input, image * input.strides()[0] + channel * input.strides()[1]);
      mine.weight = Parameter(weight, channel);
      mine.bias = Parameter(bias, channel);
      const Moments moments = normalize_group(mine, input.dtype(), eps);
      store_moments(moments, mean, rstd, image * mean.strides()[0] + index * mean.strides()[1],
                    image * rstd.strides()[0] + index * rstd.strides()[1]);
    }
  });
  return {};
}

// _native_batch_norm_legit.no_stats_out(Tensor input, Tensor? weight, Tensor? bias, bool training, float momentum,
//     float eps, *, out, save_mean, save_invstd): by the statistics of the batch itself, a pair for each channel.
Result<void> batch_norm_without_stats(KernelContext& context, KernelArgs args) {
  const Tensor& input = args.tensor(0);
  const Tensor* weight = args.optional_tensor(1);
  const Tensor* bias = args.optional_tensor(2);
  if (!args.boolean(3)) {
    return fail(ErrorCode::not_supported, "training: expected true, for there are no stored statistics to use");
  }
  const double eps = INGOT_TRY(check_eps(args.real(5)));
  Tensor& out = args.tensor(6);
  Tensor& mean = args.tensor(7);
  Tensor& rstd = args.tensor(8);
  INGOT_TRY_VOID(check_dtype_in(input, kFloats, "input"));
  INGOT_TRY_VOID(check_rank_between(input, 2, kMaxRank, "input"));
  INGOT_TRY_VOID(check_same_dtype(input, "input", out, "out"));
  const int32_t channels = input.size(1);
  INGOT_TRY_VOID(check_parameter(weight, input, input.sizes().subspan(1, 1), "weight"));
  INGOT_TRY_VOID(check_parameter(bias, input, input.sizes().subspan(1, 1), "bias"));
  INGOT_TRY_VOID(out.resize(input.sizes()));
  INGOT_TRY_VOID(prepare_statistics(mean, std::span(&channels, 1), "save_mean"));
  INGOT_TRY_VOID(prepare_statistics(rstd, std::span(&channels, 1), "save_invstd"));
  INGOT_TRY_VOID(check_data(input, "input"));
  INGOT_TRY_VOID(check_data(out, "out"));
  if (channels == 0) return {};
  if (input.numel() == 0) return fail(ErrorCode::invalid_argument, "input: there is nothing to normalize");
  Group group;
  for (size_t dim = 0; dim < input.rank(); ++dim) {
    if (dim != 1) group.loop.add_dim(input.size(dim), {out.strides()[dim], input.strides()[dim], 0, 0});
  }
  group.loop.simplify();
  parallel_for(context.parallel, static_cast<size_t>(channels), 1, [&](size_t begin, size_t end) {
    Group mine = group;
    for (int64_t channel = static_cast<int64_t>(begin); channel < static_cast<int64_t>(end); ++channel) {
      mine.out = element_at(out, channel * out.strides()[1]);
      mine.input = element_at(input, channel * input.strides()[1]);
      mine.weight = Parameter(weight, channel);
      mine.bias = Parameter(bias, channel);
      const Moments moments = normalize_group(mine, input.dtype(), eps);
      store_moments(moments, mean, rstd, channel, channel);
    }
  });
  return {};
}

bool follow_batch_norm(KernelArgs args, Epilogue& epilogue) {
  if (epilogue.variance != nullptr || epilogue.clamps() || !check_eps(args.real(6))) return false;
  epilogue.weight = args.optional_tensor(1);
  epilogue.bias = args.optional_tensor(2);
  epilogue.mean = &args.tensor(3);
  epilogue.variance = &args.tensor(4);
  epilogue.eps = args.real(6);
  return true;
}

constexpr KernelExtras kBatchNormExtras = {.follow = follow_batch_norm};

constexpr Kernel kRows[] = {
    {.name = "aten::_native_batch_norm_legit_no_training.out",
     .signature = "TT?T?TTffOOO",
     .run = batch_norm<false>,
     .extras = &kBatchNormExtras},
    {"aten::_native_batch_norm_legit.out", "TT?T?TTbffOOO", batch_norm<true>},
    {"aten::_native_batch_norm_legit.no_stats_out", "TT?T?bffOOO", batch_norm_without_stats},
    {"aten::native_layer_norm.out", "TLT?T?fOOO", layer_norm},
    {"aten::native_group_norm.out", "TT?T?iiiifOOO", group_norm},
};

}  // namespace

std::span<const Kernel> normalization_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
