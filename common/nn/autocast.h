/// Computes convolutions and matrix products in a shorter type for as long as a guard lives.
///
///   {
///     const AutocastGuard shorter(torch::kCPU, torch::kBFloat16);
///     loss = Loss(net->forward(images));
///   }
///   loss.backward();  // outside: it computes in the types that the forward pass chose
///
/// Parameters and their gradients stay as they are; LibTorch casts copies, once per parameter and
/// outermost guard, so an optimiser steps outside of it. Losses get float32 from a cast of their
/// own: which operations are cast is LibTorch's choice.
/// Guards nest; the state before the guard returns at its end. What needs all digits within one asks
/// for a pause.
/// Requires: the CPU with bfloat16, or CUDA with bfloat16 or float16.
/// Threads: acts on the thread that made it alone, and ends there.
/// Source: torch.autocast.
#pragma once

#include "common/nn/autocast_state.h"

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

namespace consilium {

class AutocastGuard {
 public:
  AutocastGuard(c10::DeviceType device, c10::ScalarType type);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  c10::DeviceType device_;
  AutocastState before_;
};

/// Within a guard: computes in the types of its operands until it ends. Without one it does nothing.
class AutocastPause {
 public:
  explicit AutocastPause(c10::DeviceType device);
  ~AutocastPause();
  AutocastPause(const AutocastPause&) = delete;
  AutocastPause& operator=(const AutocastPause&) = delete;

 private:
  c10::DeviceType device_;
  AutocastState before_;
};

}  // namespace consilium
