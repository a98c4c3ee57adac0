#include "common/training/device_copy.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace consilium {
namespace {

/// The batch's tensors, all of them.
template <typename Each>
void ForEachTensor(Batch& batch, const Each& each) {
  each(batch.images);
  for (TaskTargets& targets : batch.targets) {
    each(targets.values);
    each(targets.present);
  }
}

}  // namespace

DeviceCopy::DeviceCopy(Batch batch, torch::Device device) : batch_(std::move(batch)) {
  if (device.is_cpu()) return;
  // The seam of c10 that serves every kind of device: no header of CUDA's is needed.
  const c10::impl::VirtualGuardImpl devices(device.type());
  const c10::Stream stream = devices.getStreamFromGlobalPool(device);
  const c10::StreamGuard guard(stream);
  ForEachTensor(batch_, [&](torch::Tensor& tensor) {
    tensor = tensor.pin_memory().to(device, tensor.scalar_type(), /*non_blocking=*/true);
  });
  copied_.emplace(device.type());
  copied_->record(stream);
}

Batch DeviceCopy::Take() && {
  if (copied_) {
    const c10::impl::VirtualGuardImpl devices(copied_->device_type());
    const c10::Stream computing = devices.getStream(batch_.images.device());
    copied_->block(computing);
    ForEachTensor(batch_, [&](torch::Tensor& tensor) { tensor.record_stream(computing); });
  }
  return std::move(batch_);
}

}  // namespace consilium
