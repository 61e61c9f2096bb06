#include "runtime/kernels/portable/strided_copy.h"

#include <algorithm>
#include <cstring>

namespace ingot::portable {
namespace {

// Fewer bytes than this are not worth a thread.
constexpr size_t kGrainBytes = 65536;
// Elements on each side of a tile.
constexpr int64_t kTile = 16;

template <typename T>
void copy_rows(const StridedLoop& loop, std::byte* to, const std::byte* from, size_t begin, size_t end) {
  const int64_t to_stride = loop.strides[loop.rank - 1][0];
  const int64_t from_stride = loop.strides[loop.rank - 1][1];
  for_each_row(loop, begin, end, [&](const int64_t* offsets, size_t n) {
    T* out = reinterpret_cast<T*>(to) + offsets[0];
    const T* in = reinterpret_cast<const T*>(from) + offsets[1];
    if (to_stride == 1 && from_stride == 1) {
      std::memcpy(out, in, n * sizeof(T));
    } else if (to_stride == 1 && from_stride == 0) {
      std::fill_n(out, n, *in);
    } else if (to_stride == 1) {
      for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) out[i] = in[i * from_stride];
    } else {
      for (int64_t i = 0; i < static_cast<int64_t>(n); ++i) out[i * to_stride] = in[i * from_stride];
    }
  });
}

// The dimension along which the source is dense while the innermost one is dense in the target: then both are cut into
// tiles. loop.rank where there is none.
size_t transposed_dim(const StridedLoop& loop) {
  const size_t inner = loop.rank - 1;
  if (loop.strides[inner][0] == 1 && loop.strides[inner][1] > 1 && loop.sizes[inner] >= 4) {
    for (size_t d = 0; d < inner; ++d) {
      if (loop.strides[d][1] == 1 && loop.sizes[d] >= 4) return d;
    }
  }
  return loop.rank;
}

// One tile of rows x columns: out[r * out_stride + c] = in[c * in_stride + r].
template <typename T>
void copy_tile(T* out, int64_t out_stride, const T* in, int64_t in_stride, int64_t rows, int64_t columns) {
  if (rows == kTile && columns == kTile) {  // known counts unroll
    for (int64_t r = 0; r < kTile; ++r) {
      for (int64_t c = 0; c < kTile; ++c) out[r * out_stride + c] = in[c * in_stride + r];
    }
    return;
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) out[r * out_stride + c] = in[c * in_stride + r];
  }
}

// `row_dim` is dense in the source, the innermost dimension in the target.
template <typename T>
void copy_transposed(KernelContext& context, const StridedLoop& loop, size_t row_dim, std::byte* to,
                     const std::byte* from) {
  const size_t inner = loop.rank - 1;
  const int64_t rows = loop.sizes[row_dim], columns = loop.sizes[inner];
  const int64_t out_stride = loop.strides[row_dim][0], in_stride = loop.strides[inner][1];
  const int64_t row_tiles = (rows + kTile - 1) / kTile;
  // The tiles' own loop: all other dimensions, then the rows' tiles.
  StridedLoop tiles(2);
  for (size_t d = 0; d < inner; ++d) {
    if (d != row_dim) tiles.add_dim(loop.sizes[d], {loop.strides[d][0], loop.strides[d][1]});
  }
  if (tiles.rank == 0) tiles.sizes[0] = 1, tiles.strides[0] = {}, tiles.rank = 1;
  const size_t count = tiles.count * static_cast<size_t>(row_tiles);
  const size_t grain = std::max<size_t>(1, kGrainBytes / (kTile * static_cast<size_t>(columns) * sizeof(T)));
  parallel_for(context.parallel, count, grain, [&](size_t begin, size_t end) {
    while (begin < end) {
      const size_t outer = begin / static_cast<size_t>(row_tiles);
      const size_t stop = std::min(end, (outer + 1) * static_cast<size_t>(row_tiles));
      int64_t out_offset = 0, in_offset = 0;
      for_each_row(tiles, outer, outer + 1, [&](const int64_t* offsets, size_t) {
        out_offset = offsets[0];
        in_offset = offsets[1];
      });
      for (; begin < stop; ++begin) {
        const int64_t r = static_cast<int64_t>(begin % static_cast<size_t>(row_tiles)) * kTile;
        for (int64_t c = 0; c < columns; c += kTile) {
          copy_tile(reinterpret_cast<T*>(to) + out_offset + r * out_stride + c, out_stride,
                    reinterpret_cast<const T*>(from) + in_offset + c * in_stride + r, in_stride,
                    std::min(kTile, rows - r), std::min(kTile, columns - c));
        }
      }
    }
  });
}

// Few rows that become one, an element of each in turn: an image's colours, say.
template <typename T, int64_t kRows>
void interleave(T* out, const T* in, int64_t in_stride, int64_t count) {
  for (int64_t i = 0; i < count; ++i, out += kRows) {
    for (int64_t r = 0; r < kRows; ++r) out[r] = in[r * in_stride + i];
  }
}

// Is the innermost dimension so short, and the next one dense in the source and right outside it in the target?
bool interleaves(const StridedLoop& loop) {
  const size_t inner = loop.rank - 1;
  return loop.rank >= 2 && (loop.sizes[inner] == 2 || loop.sizes[inner] == 3) && loop.strides[inner][0] == 1 &&
         loop.strides[inner - 1][0] == loop.sizes[inner] && loop.strides[inner - 1][1] == 1;
}

template <typename T>
void copy_interleaved(KernelContext& context, const StridedLoop& loop, std::byte* to, const std::byte* from) {
  // The loop over all but the innermost dimension, whose rows are what is interleaved.
  StridedLoop outer(2);
  const size_t inner = loop.rank - 1;
  for (size_t d = 0; d < inner; ++d) outer.add_dim(loop.sizes[d], {loop.strides[d][0], loop.strides[d][1]});
  outer.simplify();
  const auto run = loop.sizes[inner] == 2 ? interleave<T, 2> : interleave<T, 3>;
  parallel_for(context.parallel, outer.count, kGrainBytes / sizeof(T), [&](size_t begin, size_t end) {
    for_each_row(outer, begin, end, [&](const int64_t* offsets, size_t n) {
      run(reinterpret_cast<T*>(to) + offsets[0], reinterpret_cast<const T*>(from) + offsets[1], loop.strides[inner][1],
          static_cast<int64_t>(n));
    });
  });
}

template <typename T>
void copy(KernelContext& context, const StridedLoop& loop, std::byte* to, const std::byte* from) {
  if (interleaves(loop)) return copy_interleaved<T>(context, loop, to, from);
  const size_t row_dim = transposed_dim(loop);
  if (row_dim < loop.rank) return copy_transposed<T>(context, loop, row_dim, to, from);
  parallel_for(context.parallel, loop.count, kGrainBytes / sizeof(T),
               [&](size_t begin, size_t end) { copy_rows<T>(loop, to, from, begin, end); });
}

}  // namespace

StridedView::StridedView(const Tensor& tensor)
    : data_(tensor.data_as<std::byte>()), element_(size_of(tensor.dtype())), rank_(tensor.rank()) {
  for (size_t d = 0; d < rank_; ++d) set_dim(d, tensor.size(d), tensor.strides()[d]);
}

void StridedView::append_dim(int64_t size, int64_t stride) {
  set_dim(rank_, size, stride);
  ++rank_;
}

void StridedView::narrow(size_t dim, int64_t start, int64_t size, int64_t step) {
  if (size > 0) move(start * strides_[dim]);
  set_dim(dim, size, strides_[dim] * step);
}

void StridedView::remove_dim(size_t dim) {
  for (size_t d = dim + 1; d < rank_; ++d) set_dim(d - 1, sizes_[d], strides_[d]);
  --rank_;
}

StridedView StridedView::point() const {
  StridedView view;
  view.data_ = data_;
  view.element_ = element_;
  return view;
}

StridedView StridedView::all_from(const void* value) const {
  StridedView view = *this;
  view.data_ = static_cast<std::byte*>(const_cast<void*>(value));  // as the source of a copy it is only read
  std::fill_n(view.strides_.begin(), rank_, 0);
  return view;
}

bool StridedView::empty() const {
  return std::any_of(sizes_.begin(), sizes_.begin() + rank_, [](int64_t size) { return size == 0; });
}

void strided_copy(KernelContext& context, const StridedView& to, const StridedView& from) {
  if (to.empty()) return;
  StridedLoop loop(2);
  for (size_t d = 0; d < to.rank(); ++d) loop.add_dim(to.size(d), {to.stride(d), from.stride(d)});
  loop.simplify();
  switch (to.element()) {
    case 1:
      return copy<uint8_t>(context, loop, to.data(), from.data());
    case 2:
      return copy<uint16_t>(context, loop, to.data(), from.data());
    case 4:
      return copy<uint32_t>(context, loop, to.data(), from.data());
    case 8:
      return copy<uint64_t>(context, loop, to.data(), from.data());
  }
}

void strided_fill(KernelContext& context, const StridedView& to, const void* value) {
  strided_copy(context, to, to.all_from(value));
}

}  // namespace ingot::portable
