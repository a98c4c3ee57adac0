/// Module <-> ParameterBlob, by name and shape.
///
/// Order of the layout: entries sorted by module registration, parameters before buffers of the
/// same module, as state_dict() of PyTorch lists them. Scalars (num_batches_tracked) have an empty
/// shape. Elements are float32, float64 or int64, on any device.
/// Errors: kInvalidArgument listing names that are missing, surplus or of another shape or type;
/// nothing is written then. Threads: the module's thread.
#pragma once

#include "common/federation/parameter_blob.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace consilium {

std::shared_ptr<const Layout> LayoutOf(const torch::nn::Module& module);
struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

/// Copies of the tensors (float32, float64 or int64, on any device) as a state of these entries.
/// Requires different names.
ParameterBlob BlobOf(std::span<const NamedTensor> tensors);
/// A state's elements as tensors on the CPU, one per entry, in the layout's order: copies.
/// Requires as many bytes as the layout says.
std::vector<torch::Tensor> TensorsOf(const ParameterBlob& state);
/// Entries of `module` for which `keep` holds (all, if empty).
ParameterBlob ReadState(const torch::nn::Module& module,
                        const std::function<bool(const EntrySpec&)>& keep = {});
/// Copies every entry of `blob` into the module; entries of the module that the blob lacks stay as
/// they are.
Status WriteState(torch::nn::Module& module, const ParameterBlob& blob);

/// The same with entry i of `blob` under the name names[i]; one without a name is left out. Entries
/// of the module for which `required` holds must be there.
Status WriteStateAs(torch::nn::Module& module, const ParameterBlob& blob,
                    std::span<const std::string> names,
                    const std::function<bool(const EntrySpec&)>& required);

}  // namespace consilium
