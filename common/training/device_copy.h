/// A batch on its way to the device that computes.
///
///   DeviceCopy copy(MakeBatch(...), device);   // a feeding thread: the copy begins
///   const Batch batch = std::move(copy).Take();  // the computing thread
///
/// GPU      copied from pinned memory, in a stream beside the computing one. Take lets the caller's
///          current stream wait for the copy; no processor waits. The memory is not used again
///          before that stream is done with it.
/// CPU      the batch itself.
/// Errors   c10::Error: callers are under GuardTorch.
/// Threads  made in one, taken in another.
#pragma once

#include "common/data/batch.h"

#include <c10/core/Event.h>
#include <torch/types.h>

#include <optional>

namespace consilium {

class DeviceCopy {
 public:
  DeviceCopy(Batch batch, torch::Device device);
  Batch Take() &&;

 private:
  Batch batch_;
  std::optional<c10::Event> copied_;  // none on the CPU
};

}  // namespace consilium
