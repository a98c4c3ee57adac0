/// SIGINT and SIGTERM as a question that long work asks between steps.
///
///   InstallInterruptHandler();                  // in main, once
///   if (interrupt.Requested()) return Cancelled("interrupted");
///
/// The second signal ends the process at once.
#pragma once

#include <atomic>

namespace consilium {

/// Set from a signal handler or another thread, read anywhere.
class Interrupt {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool Requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

/// The process's own Interrupt, set by the handler below.
Interrupt& ProcessInterrupt();
void InstallInterruptHandler();

}  // namespace consilium
