#include "runtime/kernels/portable/image_planes.h"

#include <algorithm>

namespace ingot::portable {

Result<void> check_image(const Tensor& tensor, DTypeSet dtypes, const char* what) {
  INGOT_TRY_VOID(check_rank_between(tensor, 3, 4, what));
  INGOT_TRY_VOID(check_dtype_in(tensor, dtypes, what));
  if (tensor.size(tensor.rank() - 3) == 0) return fail(ErrorCode::invalid_argument, "%s: there are no channels", what);
  return check_data(tensor, what);
}

Result<void> resize_image(const Tensor& self, int64_t height, int64_t width, Tensor& out, const char* what) {
  std::array<int32_t, kMaxRank> sizes{};
  std::copy(self.sizes().begin(), self.sizes().end(), sizes.begin());
  sizes[self.rank() - 2] = INGOT_TRY(to_size(height, what));
  sizes[self.rank() - 1] = INGOT_TRY(to_size(width, what));
  INGOT_TRY_VOID(check_rank(out, self.rank(), what));
  INGOT_TRY_VOID(out.resize(std::span(sizes).first(self.rank())));
  return check_data(out, what);
}

}  // namespace ingot::portable
