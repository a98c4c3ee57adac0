#include "common/training/cuda/device_exchange.h"

#include <torch/csrc/cuda/nccl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

/// NCCL moves memory, not elements: it must lie alike everywhere, without gaps.
bool LieAlike(const DeviceCopies& copies) {
  return std::ranges::all_of(copies, [&](const torch::Tensor& copy) {
    return copy.is_non_overlapping_and_dense() && copy.strides() == copies.front().strides();
  });
}

/// The same memory as vectors: LibTorch refuses other layouts than the row-major one.
DeviceCopies Flat(const DeviceCopies& copies) {
  DeviceCopies flat;
  flat.reserve(copies.size());
  for (const torch::Tensor& copy : copies) flat.push_back(copy.as_strided({copy.numel()}, {1}));
  return flat;
}

class NcclExchange final : public DeviceExchange {
 public:
  void Broadcast(const std::vector<DeviceCopies>& values) override {
    const torch::NoGradGuard no_gradient;
    std::vector<DeviceCopies> others;
    {
      const torch::cuda::nccl::AutoNcclGroup together;
      for (const DeviceCopies& copies : values) {
        if (LieAlike(copies)) {
          torch::cuda::nccl::broadcast(Flat(copies));
        } else {
          others.push_back(copies);
        }
      }
    }
    copying_->Broadcast(others);
  }

  void Sum(const std::vector<DeviceCopies>& values) override {
    const torch::NoGradGuard no_gradient;
    std::vector<DeviceCopies> others;
    {
      const torch::cuda::nccl::AutoNcclGroup together;
      for (const DeviceCopies& copies : values) {
        if (LieAlike(copies)) {
          const DeviceCopies flat = Flat(copies);
          torch::Tensor sum = flat.front();
          torch::cuda::nccl::reduce(flat, sum);
        } else {
          others.push_back(copies);
        }
      }
    }
    copying_->Sum(others);
  }

 private:
  std::unique_ptr<DeviceExchange> copying_ = MakeCopyingExchange();
};

}  // namespace

std::unique_ptr<DeviceExchange> MakeNcclExchange(const std::vector<torch::Device>& devices) {
  const bool gpus =
      std::ranges::all_of(devices, [](const torch::Device& device) { return device.is_cuda(); });
  // A LibTorch without NCCL says version 0; its own is_available is not exported.
  if (!gpus || torch::cuda::nccl::version() == 0) return nullptr;
  return std::make_unique<NcclExchange>();
}

}  // namespace consilium
