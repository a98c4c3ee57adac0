/// Runs numbered jobs on several threads. Threads: Run blocks its caller until all have ended.
#pragma once

#include "common/base/interrupt.h"
#include "common/base/status.h"

#include <cstddef>
#include <functional>

namespace consilium {

struct JobPool {
  int threads = 1;          ///< of the pool
  int compute_threads = 1;  ///< of LibTorch, in each of them
  /// No job starts once it is requested; a job that fails requests it, so that the others stop.
  Interrupt* interrupt = nullptr;
};

/// Jobs 0..count-1 start in order. Returns the first failure; kCancelled if interrupted before all
/// were done.
Status RunPool(const JobPool& pool, std::size_t count,
               const std::function<Status(std::size_t job)>& run);

}  // namespace consilium
