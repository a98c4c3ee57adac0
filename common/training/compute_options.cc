#include "common/training/compute_options.h"

#include "common/nn/compute.h"

#include <algorithm>

namespace consilium {

Status SetDevices(ComputeOptions& options, std::string_view text) {
  std::string shown("device '");
  shown.append(text).append("'");
  std::vector<torch::Device> devices;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    CONSILIUM_ASSIGN_OR_RETURN(const torch::Device device,
                               ParseDevice(text.substr(begin, end - begin)));
    if (std::ranges::count(devices, device) > 0) {
      return InvalidArgument(shown + " names " + device.str() + " twice");
    }
    if (!devices.empty() && devices.front().type() != device.type()) {
      return InvalidArgument(shown + " mixes kinds, expected cpu, or GPUs alone");
    }
    devices.push_back(device);
    begin = end + 1;
  }
  options.device = devices.front();
  options.further_devices.assign(devices.begin() + 1, devices.end());
  return OkStatus();
}

Status CheckGraphs(const ComputeOptions& options, bool recorder) {
  if (!options.cuda_graphs) return OkStatus();
  if (!options.further_devices.empty() || options.checkpoint_activations) {
    return InvalidArgument("cuda-graphs: expected a single device, and no checkpoint-activations");
  }
  if (!recorder) {
    return InvalidArgument("cuda-graphs: device '" + options.device.str() +
                           "' records nothing, expected a GPU and a LibTorch with CUDA");
  }
  return OkStatus();
}

std::string DevicesText(const ComputeOptions& options) {
  std::string text = options.device.str();
  for (const torch::Device& device : options.further_devices) text.append(",").append(device.str());
  return text;
}

}  // namespace consilium
