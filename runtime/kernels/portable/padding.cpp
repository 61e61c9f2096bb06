// Tensors with borders: of one value, mirrored, or repeated.
#include <algorithm>
#include <array>
#include <span>

#include "runtime/core/checked_math.h"
#include "runtime/kernels/portable/checks.h"
#include "runtime/kernels/portable/element_blocks.h"
#include "runtime/kernels/portable/families.h"
#include "runtime/kernels/portable/movement.h"
#include "runtime/kernels/portable/strided_copy.h"
#include "runtime/kernels/selection.h"

namespace ingot::portable {
namespace {

// What a dimension gains before and after (loses, where negative).
struct Border {
  int64_t before = 0;
  int64_t after = 0;
};
using Borders = std::array<Border, kMaxRank>;

// The list holds (before, after) pairs, the last dimension's first.
Result<Borders> read_borders(std::span<const int64_t> pad, size_t rank) {
  Borders borders{};
  if (pad.size() % 2 != 0 || pad.size() / 2 > rank) {
    return fail(ErrorCode::invalid_argument, "pad: expected at most %zu pairs, found %zu numbers", rank, pad.size());
  }
  for (size_t i = 0; i < pad.size() / 2; ++i) borders[rank - 1 - i] = {pad[2 * i], pad[2 * i + 1]};
  return borders;
}

Result<Sizes> padded_sizes(const Tensor& self, const Borders& borders) {
  Sizes sizes;
  for (size_t d = 0; d < self.rank(); ++d) {
    int64_t size = self.size(d);
    if (!checked_add(size, borders[d].before, &size) || !checked_add(size, borders[d].after, &size)) {
      return fail(ErrorCode::invalid_argument, "pad: too large");
    }
    INGOT_TRY_VOID(sizes.append(size));
  }
  return sizes;
}

// constant_pad_nd.out(Tensor self, int[] pad, Scalar value, *, out): negative pads cut off.
Result<void> constant_pad(KernelContext& context, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  Tensor& out = args.tensor(3);
  const Borders borders = INGOT_TRY(read_borders(args.ints(1), self.rank()));
  const Sizes sizes = INGOT_TRY(padded_sizes(self, borders));
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  StridedView from(self), to(out);
  bool grows = false;
  for (size_t d = 0; d < self.rank(); ++d) {
    const int64_t cut = std::max<int64_t>(0, -borders[d].before);
    const int64_t start = std::max<int64_t>(0, borders[d].before);
    const int64_t kept = std::max<int64_t>(0, std::min<int64_t>(self.size(d) - cut, out.size(d) - start));
    from.narrow(d, cut, kept);
    to.narrow(d, start, kept);
    grows = grows || kept < out.size(d);
  }
  if (grows) {
    alignas(8) std::byte element[8];
    store_scalar(out.dtype(), args.scalar(2), element);
    strided_fill(context, StridedView(out), element);
  }
  strided_copy(context, to, from);
  return {};
}

enum class Edge : uint8_t { mirrored, repeated };

// Copies self to the middle of out, then fills the borders of one dimension after the other from what is there already:
// the corners come out right by themselves.
Result<void> pad_from_edge(KernelContext& context, Edge edge, size_t padded_dims, KernelArgs args) {
  const Tensor& self = args.tensor(0);
  const std::span<const int64_t> pad = args.ints(1);
  Tensor& out = args.tensor(2);
  INGOT_TRY_VOID(check_rank_between(self, padded_dims + 1, padded_dims + 2, "self"));
  if (pad.size() != 2 * padded_dims) {
    return fail(ErrorCode::invalid_argument, "padding: expected %zu numbers, found %zu", 2 * padded_dims, pad.size());
  }
  const Borders borders = INGOT_TRY(read_borders(pad, self.rank()));
  const size_t first = self.rank() - padded_dims;
  for (size_t d = first; d < self.rank(); ++d) {
    const int64_t most = edge == Edge::mirrored ? int64_t{self.size(d)} - 1 : std::numeric_limits<int32_t>::max();
    if (self.size(d) == 0 || std::min(borders[d].before, borders[d].after) < 0 ||
        std::max(borders[d].before, borders[d].after) > most) {
      return fail(ErrorCode::invalid_argument,
                  "padding: expected 0 to %lld on a dimension of size %d, found %lld and %lld",
                  static_cast<long long>(most), self.size(d), static_cast<long long>(borders[d].before),
                  static_cast<long long>(borders[d].after));
    }
  }
  const Sizes sizes = INGOT_TRY(padded_sizes(self, borders));
  INGOT_TRY_VOID(prepare_move(self, out, sizes.span()));
  StridedView filled(out);
  for (size_t d = first; d < self.rank(); ++d) filled.narrow(d, borders[d].before, self.size(d));
  strided_copy(context, filled, StridedView(self));
  for (size_t d = first; d < self.rank(); ++d) {
    const int64_t size = self.size(d);
    const auto [before, after] = borders[d];
    // Mirrored borders are read backwards, and do not hold the edge itself once more.
    const int64_t step = edge == Edge::mirrored ? -1 : 0;
    StridedView to = filled, from = filled;
    to.narrow(d, -before, before);
    from.narrow(d, edge == Edge::mirrored ? before : 0, before, step);
    strided_copy(context, to, from);
    to = from = filled;
    to.narrow(d, size, after);
    from.narrow(d, edge == Edge::mirrored ? size - 2 : size - 1, after, step);
    strided_copy(context, to, from);
    filled.narrow(d, -before, size + before + after);
  }
  return {};
}

// op.out(Tensor self, int[2 * dims] padding, *, out)
template <Edge kEdge, size_t kDims>
Result<void> edge_pad(KernelContext& context, KernelArgs args) {
  return pad_from_edge(context, kEdge, kDims, args);
}

constexpr Kernel kRows[] = {
    {"aten::constant_pad_nd.out", "TLSO", constant_pad},
    {"aten::reflection_pad1d.out", "TLO", edge_pad<Edge::mirrored, 1>},
    {"aten::reflection_pad2d.out", "TLO", edge_pad<Edge::mirrored, 2>},
    {"aten::reflection_pad3d.out", "TLO", edge_pad<Edge::mirrored, 3>},
    {"aten::replication_pad1d.out", "TLO", edge_pad<Edge::repeated, 1>},
    {"aten::replication_pad2d.out", "TLO", edge_pad<Edge::repeated, 2>},
    {"aten::replication_pad3d.out", "TLO", edge_pad<Edge::repeated, 3>},
};

}  // namespace

std::span<const Kernel> padding_kernels() {
  return selected<kRows>();
}

}  // namespace ingot::portable
