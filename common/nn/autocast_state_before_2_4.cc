#include "common/nn/autocast_state.h"

#include <ATen/autocast_mode.h>

namespace consilium {

AutocastState GetAutocast(c10::DeviceType device) {
  if (device == c10::DeviceType::CUDA) {
    return {at::autocast::is_enabled(), at::autocast::get_autocast_gpu_dtype()};
  }
  return {at::autocast::is_cpu_enabled(), at::autocast::get_autocast_cpu_dtype()};
}

void SetAutocast(c10::DeviceType device, const AutocastState& state) {
  if (device == c10::DeviceType::CUDA) {
    at::autocast::set_enabled(state.enabled);
    at::autocast::set_autocast_gpu_dtype(state.type);
  } else {
    at::autocast::set_cpu_enabled(state.enabled);
    at::autocast::set_autocast_cpu_dtype(state.type);
  }
}

}  // namespace consilium
