#include "common/nn/autocast.h"

#include <ATen/autocast_mode.h>

namespace consilium {
namespace {

namespace autocast = at::autocast;

void Set(bool cuda, bool enabled, c10::ScalarType type) {
  if (cuda) {
    autocast::set_enabled(enabled);
    autocast::set_autocast_gpu_dtype(type);
  } else {
    autocast::set_cpu_enabled(enabled);
    autocast::set_autocast_cpu_dtype(type);
  }
}

}  // namespace

AutocastGuard::AutocastGuard(c10::DeviceType device, c10::ScalarType type)
    : cuda_(device == c10::DeviceType::CUDA),
      enabled_before_(cuda_ ? autocast::is_enabled() : autocast::is_cpu_enabled()),
      type_before_(cuda_ ? autocast::get_autocast_gpu_dtype()
                         : autocast::get_autocast_cpu_dtype()) {
  Set(cuda_, true, type);
  autocast::increment_nesting();
}

AutocastGuard::~AutocastGuard() {
  // The cast copies of parameters would outlive the next optimiser step.
  if (autocast::decrement_nesting() == 0) autocast::clear_cache();
  Set(cuda_, enabled_before_, type_before_);
}

}  // namespace consilium
