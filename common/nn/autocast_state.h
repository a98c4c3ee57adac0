/// Whether this thread computes in a shorter type, and in which: LibTorch's own state, whose functions
/// have other names since LibTorch 2.4.
/// Threads: of the calling thread alone.
#pragma once

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

namespace consilium {

struct AutocastState {
  bool enabled = false;
  c10::ScalarType type = c10::ScalarType::BFloat16;
};

/// `device`: CPU or CUDA.
AutocastState GetAutocast(c10::DeviceType device);
void SetAutocast(c10::DeviceType device, const AutocastState& state);

}  // namespace consilium
