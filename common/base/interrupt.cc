#include "common/base/interrupt.h"

#include <csignal>

namespace consilium {
namespace {

void HandleSignal(int signal) {
  if (ProcessInterrupt().Requested()) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  ProcessInterrupt().Request();
}

}  // namespace

Interrupt& ProcessInterrupt() {
  // Never destroyed: a signal may come while the process ends.
  static Interrupt& instance = *new Interrupt;
  return instance;
}

void InstallInterruptHandler() {
  ProcessInterrupt();
  struct sigaction action = {};
  action.sa_handler = HandleSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace consilium
