/// Holds one of the places to compute for as long as it lives, so that a simulation's jobs and sites,
/// and the runs of one site, never use more threads than allowed. Threads: one per object.
#pragma once

#include <semaphore>

namespace consilium {

class ComputeSlot {
 public:
  /// Waits for a place; `slots` may be null (no bound) and must outlive this.
  explicit ComputeSlot(std::counting_semaphore<>* slots) : slots_(slots) {
    if (slots_ != nullptr) slots_->acquire();
  }
  ~ComputeSlot() {
    if (slots_ != nullptr) slots_->release();
  }
  ComputeSlot(const ComputeSlot&) = delete;
  ComputeSlot& operator=(const ComputeSlot&) = delete;

 private:
  std::counting_semaphore<>* slots_;
};

}  // namespace consilium
