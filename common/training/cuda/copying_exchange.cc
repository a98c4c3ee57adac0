#include "common/training/cuda/device_exchange.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {
namespace {

class CopyingExchange final : public DeviceExchange {
 public:
  void Broadcast(const std::vector<DeviceCopies>& values) override {
    const torch::NoGradGuard no_gradient;
    for (const DeviceCopies& copies : values) {
      for (std::size_t d = 1; d < copies.size(); ++d) {
        copies[d].copy_(copies.front(), /*non_blocking=*/true);
      }
    }
  }

  void Sum(const std::vector<DeviceCopies>& values) override {
    const torch::NoGradGuard no_gradient;
    for (const DeviceCopies& copies : values) {
      const torch::Tensor& sum = copies.front();
      for (std::size_t d = 1; d < copies.size(); ++d) sum.add_(copies[d].to(sum.device()));
    }
  }
};

}  // namespace

std::unique_ptr<DeviceExchange> MakeCopyingExchange() {
  return std::make_unique<CopyingExchange>();
}

}  // namespace consilium
