// Elements picked by a condition, in the order of their indices: how many there are shows only while it runs, so that
// most outputs here are resized to what is found. One thread, for each place depends on those before it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/portable/strided_loop.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// The points of these sizes in the order of their indices, with the offsets of tensors that broadcast to them.
template <size_t N>
StridedLoop points_of(const Sizes& sizes, const std::array<const Tensor*, N>& tensors) {
  StridedLoop loop(N);
  for (size_t d = 0; d < sizes.rank; ++d) {
    std::array<int64_t, N> strides;
    for (size_t k = 0; k < N; ++k) strides[k] = broadcast_stride(*tensors[k], d, sizes.rank);
    loop.add_dim(sizes.sizes[d], strides);
  }
  loop.merge();
  return loop;
}

template <typename C, typename F>
void for_each_nonzero_as(const Tensor& tensor, F&& f) {
  const LoadBlock<C> load = load_block<C>(tensor.dtype());
  const StridedLoop loop = points_of<1>(Sizes(tensor.sizes()), {&tensor});
  const int64_t stride = loop.strides[loop.rank - 1][0];
  std::array<C, kBlock> block;
  int64_t position = 0;
  for_each_row(loop, 0, loop.count, [&](const int64_t* offsets, size_t row) {
    for (size_t begin = 0; begin < row; begin += kBlock) {
      const size_t n = std::min(kBlock, row - begin);
      load(block.data(), element_at(tensor, offsets[0] + static_cast<int64_t>(begin) * stride), stride, n);
      for (size_t i = 0; i < n; ++i, ++position) {
        if (block[i] != 0) f(position);
      }
    }
  });
}

// Calls f(position, counted along the indices) for every element that is not 0.
template <typename F>
void for_each_nonzero(const Tensor& tensor, F&& f) {
  if (tensor.dtype() == DType::float64) return for_each_nonzero_as<double>(tensor, f);
  if (is_floating(tensor.dtype())) return for_each_nonzero_as<float>(tensor, f);
  for_each_nonzero_as<int64_t>(tensor, f);
}

// nonzero.out(Tensor self, *, out): the indices of the elements that are not 0, a row each.
Result<void> nonzero(KernelContext&, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(1);
  INGOT_TRY_VOID(check_dtype(out, DType::int64, "out"));
  INGOT_TRY_VOID(check_data(self, "self"));
  int64_t found = 0;
  for_each_nonzero(self, [&](int64_t) { ++found; });
  const std::array<int32_t, 2> sizes = {INGOT_TRY(to_size(found, "out")), static_cast<int32_t>(self.rank())};
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(out, "out"));
  int64_t* indices = out.data_as<int64_t>();
  for_each_nonzero(self, [&](int64_t position) {
    for (size_t d = self.rank(); d-- > 0;) {
      indices[static_cast<int64_t>(d) * out.strides()[1]] = position % self.size(d);
      position /= self.size(d);
    }
    indices += out.strides()[0];
  });
  return {};
}

// Calls f(offset in the first tensor) where the mask, the second operand of the loop, is set.
template <typename F>
void for_each_masked(const StridedLoop& loop, const Tensor& mask, F&& f) {
  const auto& steps = loop.strides[loop.rank - 1];
  const uint8_t* set = mask.data_as<uint8_t>();
  for_each_row(loop, 0, loop.count, [&](const int64_t* offsets, size_t row) {
    for (int64_t i = 0; i < static_cast<int64_t>(row); ++i) {
      if (set[offsets[1] + i * steps[1]] != 0) f(offsets[0] + i * steps[0]);
    }
  });
}

// masked_select.out(Tensor self, Tensor mask, *, out): the two broadcast against each other; out has one dimension.
Result<void> masked_select(KernelContext&, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& mask = args.tensor(1);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_dtype(mask, DType::boolean, "mask"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", out, "out"));
  INGOT_TRY_VOID(check_data(self, "self"));
  INGOT_TRY_VOID(check_data(mask, "mask"));
  const std::array<const Tensor*, 2> both = {&self, &mask};
  const StridedLoop loop = points_of<2>(INGOT_TRY(broadcast_sizes(both)), both);
  int64_t found = 0;
  for_each_masked(loop, mask, [&](int64_t) { ++found; });
  const std::array<int32_t, 1> sizes = {INGOT_TRY(to_size(found, "out"))};
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(out, "out"));
  const size_t size = size_of(self.dtype());
  std::byte* to = out.data_as<std::byte>();
  for_each_masked(loop, mask, [&](int64_t from) {
    std::memcpy(to, element_at(self, from), size);
    to += size;
  });
  return {};
}

// masked_scatter.out(Tensor self, Tensor mask, Tensor source, *, out): self, broadcast against the mask, with source's
// elements in their order where the mask is set.
Result<void> masked_scatter(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const Tensor& mask = args.tensor(1);
  const Tensor& source = args.tensor(2);
  Tensor& out = args.tensor(3);
  INGOT_TRY_VOID(check_dtype(mask, DType::boolean, "mask"));
  INGOT_TRY_VOID(check_same_dtype(self, "self", source, "source"));
  const std::array<const Tensor*, 2> both = {&self, &mask};
  const Sizes sizes = INGOT_TRY(broadcast_sizes(both));
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  INGOT_TRY_VOID(check_data(mask, "mask"));
  INGOT_TRY_VOID(check_data(source, "source"));
  const StridedLoop loop = points_of<2>(sizes, {&out, &mask});
  size_t found = 0;
  for_each_masked(loop, mask, [&](int64_t) { ++found; });
  if (found > source.numel()) {
    return fail(ErrorCode::invalid_argument, "source: expected at least %zu elements, found %zu", found,
                source.numel());
  }
  StridedView from = StridedView(self).point();
  for (size_t d = 0; d < sizes.rank; ++d) from.append_dim(sizes.sizes[d], broadcast_stride(self, d, sizes.rank));
  strided_copy(context, StridedView(out), from);
  const size_t size = size_of(self.dtype());
  int64_t next = 0;
  for_each_masked(loop, mask, [&](int64_t to) {
    int64_t offset = 0, position = next++;
    for (size_t d = source.rank(); d-- > 0;) {
      offset += position % source.size(d) * source.strides()[d];
      position /= source.size(d);
    }
    std::memcpy(element_at(out, to), element_at(source, offset), size);
  });
  return {};
}

// repeat_interleave.Tensor_out(Tensor repeats, *, int? output_size, out): the index of each element, as often as the
// element says.
Result<void> repeat_interleave(KernelContext&, KernelArgs args) {
  const Tensor& repeats = args.tensor(0);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_rank(repeats, 1, "repeats"));
  INGOT_TRY_VOID(check_dtype_in(repeats, dtype_set({DType::int32, DType::int64}), "repeats"));
  INGOT_TRY_VOID(check_same_dtype(repeats, "repeats", out, "out"));
  INGOT_TRY_VOID(check_data(repeats, "repeats"));
  const LoadBlock<int64_t> load = load_block<int64_t>(repeats.dtype());
  const auto times = [&](int64_t i) {
    int64_t value;
    load(&value, element_at(repeats, i), 1, 1);
    return value;
  };
  int64_t total = 0;
  for (int64_t i = 0; i < repeats.size(0); ++i) {
    const int64_t more = times(i);
    if (more < 0 || more > std::numeric_limits<int32_t>::max() - total) {
      return fail(ErrorCode::invalid_argument, "repeats: %lld is negative or too many", static_cast<long long>(more));
    }
    total += more;
  }
  if (args.has(1) && args.integer(1) != total) {
    return fail(ErrorCode::invalid_argument, "output_size: expected the sum of repeats, %lld, found %lld",
                static_cast<long long>(total), static_cast<long long>(args.integer(1)));
  }
  const std::array<int32_t, 1> sizes = {static_cast<int32_t>(total)};
  INGOT_TRY_VOID(out.resize(sizes));
  INGOT_TRY_VOID(check_data(out, "out"));
  const StoreBlock<int64_t> store = store_block<int64_t>(out.dtype());
  std::array<int64_t, kBlock> block;
  int64_t done = 0;
  for (int64_t i = 0; i < repeats.size(0); ++i) {
    std::fill(block.begin(), block.end(), i);
    for (int64_t left = times(i); left > 0;) {
      const int64_t n = std::min(left, static_cast<int64_t>(kBlock));
      store(element_at(out, done), 1, block.data(), static_cast<size_t>(n));
      done += n;
      left -= n;
    }
  }
  return {};
}

constexpr Kernel kRows[] = {
    {"aten::nonzero.out", "TO", nonzero},
    {"aten::masked_select.out", "TTO", masked_select},
    {"aten::masked_scatter.out", "TTTO", masked_scatter},
    {"aten::repeat_interleave.Tensor_out", "Ti?O", repeat_interleave},
};

}  // namespace

std::span<const Kernel> masked_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
