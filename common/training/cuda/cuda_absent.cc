#include "common/training/cuda/device_exchange.h"
#include "common/training/cuda/recorded_work.h"

namespace consilium {

std::unique_ptr<WorkRecorder> MakeWorkRecorder(c10::Device /*device*/) { return nullptr; }

std::unique_ptr<DeviceExchange> MakeNcclExchange(const std::vector<torch::Device>& /*devices*/) {
  return nullptr;
}

}  // namespace consilium
