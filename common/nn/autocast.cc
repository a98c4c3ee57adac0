#include "common/nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace consilium {

AutocastGuard::AutocastGuard(c10::DeviceType device, c10::ScalarType type)
    : device_(device), before_(GetAutocast(device)) {
  SetAutocast(device_, {true, type});
  at::autocast::increment_nesting();
}

AutocastGuard::~AutocastGuard() {
  // The cast copies of parameters would outlive the next optimiser step.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  SetAutocast(device_, before_);
}

AutocastPause::AutocastPause(c10::DeviceType device)
    : device_(device), before_(GetAutocast(device)) {
  SetAutocast(device_, {false, before_.type});
}

AutocastPause::~AutocastPause() { SetAutocast(device_, before_); }

}  // namespace consilium
