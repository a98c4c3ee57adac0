// Any bytes as a picture: refused, or a grey image whose every value is finite and which the
// pipeline brings to its size with values from 0 to 1.

#include "common/base/check.h"
#include "common/imaging/picture.h"

#include <torch/types.h>

#include <span>

namespace consilium {
namespace {

void Try(std::span<const std::uint8_t> input) {
  const Result<torch::Tensor> picture = DecodePicture(std::as_bytes(input));
  if (!picture.ok()) {
    CONSILIUM_CHECK(picture.status().code() == StatusCode::kInvalidArgument);
    return;
  }
  CONSILIUM_CHECK(picture->dim() == 2 && picture->numel() > 0);
  CONSILIUM_CHECK(picture->isfinite().all().item<bool>());
  // A header of a few bytes may claim a large picture: that one is not worth the time.
  if (picture->numel() > 1 << 16) return;
  const torch::Tensor prepared = Preprocess(*picture, 8);
  CONSILIUM_CHECK(prepared.size(0) == 8 && prepared.size(1) == 8);
  CONSILIUM_CHECK(prepared.min().item<float>() >= 0 && prepared.max().item<float>() <= 1);
}

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  consilium::Try({data, size});
  return 0;
}
