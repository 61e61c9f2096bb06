#include "runtime/kernels/portable/pooling_runs.h"

#include <algorithm>
#include <limits>

#include "runtime/kernels/portable/convolution.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/image_planes.h"
#include "runtime/kernels/portable/loop_levels.h"

namespace ingot::portable {
namespace {

constexpr int64_t kMostTaps = 64;     // along an axis
constexpr int64_t kMostInAll = 1024;  // of a window
constexpr int64_t kSpan = 1024;       // columns of the input that are in work
constexpr size_t kSlack = 16;         // elements beyond that may be touched: the longest vector
constexpr int64_t kMostReach = 512;   // of a window along x
constexpr size_t kConverted = 4096;   // elements of other dtypes that are in work as floats

int64_t reach_of(const PoolAxis& a) {
  return (a.kernel - 1) * a.dilation + 1;
}

class Pool {
 public:
  explicit Pool(const PoolJob& job)
      : job_(job),
        h_(job.axes[0]),
        w_(job.axes[1]),
        in_(*job.in),
        out_(*job.out),
        load_(load_block<float>(job.in->dtype())) {}

  // One row of a plane's output.
  void plane_row(size_t plane, int64_t y) {
    const int64_t top = y * h_.stride - h_.padding;
    const Range rows = range_inside(top, h_.dilation, h_.kernel, h_.in);
    const int64_t tap_rows = rows.end - rows.begin;
    const int64_t span =
        std::min(kSpan, direct(in_.column_stride()) ? kSpan : static_cast<int64_t>(kConverted) / tap_rows);
    const int64_t most = std::max<int64_t>(1, (span - reach_of(w_)) / w_.stride + 1);
    for (int64_t x = 0; x < w_.out; x += most) {
      const int64_t count = std::min(most, w_.out - x);
      fold_rows(plane, top, rows, x, count);
      fold_columns(count);
      job_.finish(job_.context, {plane, y, x, static_cast<size_t>(count), false, out_.at(plane, y, x),
                                 out_.column_stride(), values_, numbers_, static_cast<size_t>(tap_rows * w_.kernel)});
    }
  }

  // All channels of a pixel of the output.
  void pixel(size_t first_plane, size_t channels, int64_t y, int64_t x) {
    const int64_t top = y * h_.stride - h_.padding, left = x * w_.stride - w_.padding;
    const Range rows = range_inside(top, h_.dilation, h_.kernel, h_.in);
    const Range columns = range_inside(left, w_.dilation, w_.kernel, w_.in);
    const size_t taps = static_cast<size_t>((rows.end - rows.begin) * (columns.end - columns.begin));
    const size_t most = std::min<size_t>(kSpan, direct(1) ? kSpan : kConverted / taps);
    const int64_t row_step = h_.dilation * in_.row_stride(), column_step = w_.dilation * in_.column_stride();
    for (size_t channel = 0; channel < channels; channel += most) {
      const size_t count = std::min(most, channels - channel);
      const std::byte* const first =
          in_.at(first_plane, top + rows.begin * h_.dilation, left + columns.begin * w_.dilation) + channel * element();
      const auto at = [&](int64_t row, int64_t column) {
        return first + ((row - rows.begin) * row_step + (column - columns.begin) * column_step) *
                           static_cast<int64_t>(element());
      };
      begin_taps(first);
      for (int64_t row = rows.begin; row < rows.end; ++row) {
        for (int64_t column = columns.begin; column < columns.end; ++column) {
          const int64_t number = (top + row * h_.dilation) * w_.in + left + column * w_.dilation;
          add_tap(at(row, column), 1, count, static_cast<int32_t>(number));
        }
      }
      fold_taps(count, values_, numbers_);
      std::byte* const to = out_.at(first_plane + channel, y, x);
      job_.finish(job_.context, {first_plane + channel, y, x, count, true, to, 1, values_, numbers_, taps});
    }
  }

 private:
  size_t element() const { return size_of(job_.in->dtype()); }
  bool direct(int64_t stride) const { return job_.in->dtype() == DType::float32 && stride == 1; }

  // Taps are runs of floats: where they lie, or converted into a buffer.
  void begin_taps(const std::byte* first) {
    taps_ = 0;
    base_ = first;
    converted_ = 0;
  }
  void add_tap(const std::byte* from, int64_t stride, size_t count, int32_t number) {
    if (direct(stride)) {
      offsets_[taps_] = reinterpret_cast<const float*>(from) - reinterpret_cast<const float*>(base_);
    } else {
      load_(buffer_ + converted_, from, stride, count);
      offsets_[taps_] = static_cast<ptrdiff_t>(converted_);
      converted_ += count;
    }
    tap_numbers_[taps_++] = number;
  }
  void fold_taps(size_t count, float* values, int32_t* numbers) const {
    const float* in = converted_ > 0 ? buffer_ : reinterpret_cast<const float*>(base_);
    const WindowRun run{in, offsets_.data(), taps_, count, values};
    if (job_.largest) {
      loops().windows->max(run, tap_numbers_.data(), numbers);
    } else {
      loops().windows->sum(run);
    }
  }

  // Folds the window's rows for all columns that `count` outputs from x on read; padding included, it is span_ wide.
  void fold_rows(size_t plane, int64_t top, const Range& rows, int64_t x, int64_t count) {
    const int64_t left = x * w_.stride - w_.padding;
    span_ = (count - 1) * w_.stride + reach_of(w_);
    const Range inside = range_inside(left, 1, span_, w_.in);
    const int64_t first = left + inside.begin;
    const size_t width = static_cast<size_t>(inside.end - inside.begin);
    const std::byte* from = in_.at(plane, top + rows.begin * h_.dilation, first);
    begin_taps(from);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t in_y = top + row * h_.dilation;
      add_tap(from, in_.column_stride(), width, static_cast<int32_t>(in_y * w_.in + first));
      from += h_.dilation * in_.row_stride() * static_cast<int64_t>(element());
    }
    fold_taps(width, row_values_ + inside.begin, row_numbers_ + inside.begin);
    const float beyond = job_.largest ? -std::numeric_limits<float>::infinity()
                                      : job_.padding * static_cast<float>(rows.end - rows.begin);
    std::fill(row_values_, row_values_ + inside.begin, beyond);
    std::fill(row_values_ + inside.end, row_values_ + span_, beyond);
    if (!job_.largest) return;
    constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
    for (size_t i = 0; i < width; ++i) row_numbers_[inside.begin + static_cast<int64_t>(i)] += static_cast<int32_t>(i);
    std::fill(row_numbers_, row_numbers_ + inside.begin, kNone);
    std::fill(row_numbers_ + inside.end, row_numbers_ + span_, kNone);
  }

  // Then these columns for each output. They are parted by their remainder modulo the stride, so that what a tap reads
  // for consecutive outputs is consecutive.
  void fold_columns(int64_t count) {
    const int64_t pitch = (span_ + w_.stride - 1) / w_.stride;
    const float* values = row_values_;
    const int32_t* numbers = row_numbers_;
    if (w_.stride > 1) {
      part(row_values_, pitch, parted_values_);
      if (job_.largest) part(row_numbers_, pitch, parted_numbers_);
      values = parted_values_;
      numbers = parted_numbers_;
    }
    for (int64_t tap = 0; tap < w_.kernel; ++tap) {
      const int64_t column = tap * w_.dilation;
      offsets_[static_cast<size_t>(tap)] = column % w_.stride * pitch + column / w_.stride;
    }
    // Whole vectors are faster: what the last of them reads and writes beyond is not used.
    const size_t whole = (static_cast<size_t>(count) + kSlack - 1) / kSlack * kSlack;
    const WindowRun run{values, offsets_.data(), static_cast<size_t>(w_.kernel), whole, values_};
    if (job_.largest) {
      loops().windows->max_numbered(run, numbers, numbers_);
    } else {
      loops().windows->sum(run);
    }
  }

  template <typename T>
  void part(const T* from, int64_t pitch, T* to) const {
    for (int64_t p = 0; p < std::min(w_.stride, span_); ++p, to += pitch) {
      for (int64_t i = 0, column = p; column < span_; ++i, column += w_.stride) to[i] = from[column];
    }
  }

  const PoolJob& job_;
  const PoolAxis& h_;
  const PoolAxis& w_;
  const ImagePlanes in_;
  const ImagePlanes out_;
  const LoadBlock<float> load_;
  std::array<ptrdiff_t, kMostInAll> offsets_;
  std::array<int32_t, kMostInAll> tap_numbers_;
  const std::byte* base_ = nullptr;
  size_t taps_ = 0;
  size_t converted_ = 0;
  int64_t span_ = 0;
  alignas(64) float buffer_[kConverted];
  alignas(64) float row_values_[kSpan + kSlack] = {};
  alignas(64) int32_t row_numbers_[kSpan + kSlack] = {};
  alignas(64) float parted_values_[2 * kSpan + kSlack] = {};
  alignas(64) int32_t parted_numbers_[2 * kSpan + kSlack] = {};
  alignas(64) float values_[kSpan + kSlack];
  alignas(64) int32_t numbers_[kSpan + kSlack];
};

bool windows_fit(const PoolAxis& a) {
  if (a.kernel > kMostTaps) return false;
  for (int64_t i = 0; i < a.out; ++i) {
    const Range taps = range_inside(i * a.stride - a.padding, a.dilation, a.kernel, a.in);
    if (taps.begin == taps.end) return false;
  }
  return true;
}

}  // namespace

bool pools_runs(DType dtype, const std::array<PoolAxis, 2>& axes) {
  constexpr DTypeSet kExact =
      dtype_set({DType::float32, DType::float16, DType::bfloat16, DType::int8, DType::uint8, DType::int16});
  const auto& [h, w] = axes;
  return contains(kExact, dtype) && h.in * w.in <= std::numeric_limits<int32_t>::max() && reach_of(w) <= kMostReach &&
         w.stride <= kSpan && h.kernel * w.kernel <= kMostInAll &&
         h.kernel * reach_of(w) <= static_cast<int64_t>(kConverted) && windows_fit(h) && windows_fit(w);
}

void pool_runs(const Parallel& parallel, const PoolJob& job) {
  const Tensor& in = *job.in;
  const size_t rank = in.rank();
  const ImagePlanes planes(in);
  const size_t channels = static_cast<size_t>(in.size(rank - 3));
  const size_t rows = static_cast<size_t>(job.axes[0].out);
  // A Pool is set up anew for each range, so these are long.
  const auto grain = [&](size_t count) {
    return std::max<size_t>(1, count / (4 * std::max<size_t>(parallel.threads, 1)));
  };
  if (job.out->dim_order().back() == rank - 3 && in.dim_order().back() == rank - 3) {
    const size_t count = planes.count() / channels * rows;
    parallel_for(parallel, count, grain(count), [&](size_t begin, size_t end) {
      Pool pool(job);
      for (size_t i = begin; i < end; ++i) {
        for (int64_t x = 0; x < job.axes[1].out; ++x) {
          pool.pixel(i / rows * channels, channels, static_cast<int64_t>(i % rows), x);
        }
      }
    });
    return;
  }
  parallel_for(parallel, planes.count(), grain(planes.count()), [&](size_t begin, size_t end) {
    Pool pool(job);
    for (size_t plane = begin; plane < end; ++plane) {
      for (size_t y = 0; y < rows; ++y) pool.plane_row(plane, static_cast<int64_t>(y));
    }
  });
}

}  // namespace ingot::portable
