/// How values get from one device of a process to another: by NCCL where LibTorch has it, else by
/// copies, one after another.
///
/// Copies   add up in the order of the devices: equal bits each time.
/// NCCL     all links at once; the order of additions is NCCL's, the same for equal devices.
/// Threads  one caller; work goes into its current stream of each device.
/// Errors   c10::Error: callers are under GuardTorch.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

namespace consilium {

/// One value on each device, in their order: equal shapes and types.
using DeviceCopies = std::vector<torch::Tensor>;

class DeviceExchange {
 public:
  DeviceExchange() = default;
  virtual ~DeviceExchange() = default;
  DeviceExchange(const DeviceExchange&) = delete;
  DeviceExchange& operator=(const DeviceExchange&) = delete;

  /// All become as the first.
  virtual void Broadcast(const std::vector<DeviceCopies>& values) = 0;
  /// The first becomes the sum of all; what the others hold then is no matter.
  virtual void Sum(const std::vector<DeviceCopies>& values) = 0;
};

std::unique_ptr<DeviceExchange> MakeCopyingExchange();
/// Null where LibTorch lacks NCCL, and for devices that it does not serve.
std::unique_ptr<DeviceExchange> MakeNcclExchange(const std::vector<torch::Device>& devices);

}  // namespace consilium
