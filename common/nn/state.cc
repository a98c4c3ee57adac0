#include "common/nn/state.h"

#include "common/base/check.h"
#include "common/nn/state_mismatch.h"
#include "common/nn/torch_guard.h"
#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <cstring>

namespace consilium {
namespace {

constexpr std::string_view kBackbonePrefix = "backbone.";
constexpr std::uint64_t kMaxWeightsFile = std::uint64_t{8} << 30;

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

void Collect(const torch::nn::Module& module, const std::string& prefix,
             std::vector<NamedTensor>& out) {
  for (const auto& entry : module.named_parameters(/*recurse=*/false)) {
    out.push_back({prefix + entry.key(), entry.value()});
  }
  for (const auto& entry : module.named_buffers(/*recurse=*/false)) {
    out.push_back({prefix + entry.key(), entry.value()});
  }
  for (const auto& child : module.named_children()) {
    Collect(*child.value(), prefix + child.key() + ".", out);
  }
}

/// As state_dict() of PyTorch lists them. named_parameters() would list all parameters of the tree
/// before any buffer.
std::vector<NamedTensor> StateOf(const torch::nn::Module& module) {
  std::vector<NamedTensor> state;
  Collect(module, "", state);
  return state;
}

ElementType TypeOf(const torch::Tensor& tensor) {
  const torch::ScalarType type = tensor.scalar_type();
  CONSILIUM_CHECK(type == torch::kFloat32 || type == torch::kFloat64 || type == torch::kInt64);
  if (type == torch::kFloat32) return ElementType::kFloat32;
  return type == torch::kFloat64 ? ElementType::kFloat64 : ElementType::kInt64;
}

EntrySpec SpecOf(const NamedTensor& named) {
  return {named.name, TypeOf(named.tensor), named.tensor.sizes().vec()};
}

std::shared_ptr<const Layout> LayoutOfSpecs(std::vector<EntrySpec> entries) {
  return Layout::Make(std::move(entries)).value();
}

torch::ScalarType TensorType(ElementType type) {
  if (type == ElementType::kFloat32) return torch::kFloat32;
  return type == ElementType::kFloat64 ? torch::kFloat64 : torch::kInt64;
}

torch::Tensor TensorOf(const EntrySpec& entry, ByteView bytes) {
  torch::Tensor tensor = torch::empty(entry.shape, TensorType(entry.type));
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

ByteView BytesOf(const ParameterBlob& blob, std::size_t entry) {
  return ByteView(blob.bytes).subspan(blob.layout->offset(entry), blob.layout->size(entry));
}

/// Checks everything, then copies. Entries for which `required` holds must be in the blob.
Status Write(const std::vector<NamedTensor>& state, const ParameterBlob& blob,
             const std::function<bool(const EntrySpec&)>& required) {
  const Layout& layout = *blob.layout;
  if (blob.bytes.size() != layout.byte_size()) {
    return InvalidArgument("a state of " + std::to_string(blob.bytes.size()) +
                           " bytes, its layout has " + std::to_string(layout.byte_size()));
  }
  std::vector<torch::Tensor> targets(layout.entries().size());
  StateMismatch mismatch;
  for (const NamedTensor& named : state) {
    const EntrySpec expected = SpecOf(named);
    const std::ptrdiff_t found = layout.Find(named.name);
    if (found < 0) {
      if (required(expected)) mismatch.AddMissing(named.name);
      continue;
    }
    mismatch.Compare(layout.entries()[static_cast<std::size_t>(found)], expected);
    targets[static_cast<std::size_t>(found)] = named.tensor;
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].defined()) mismatch.AddSurplus(layout.entries()[i].name);
  }
  CONSILIUM_RETURN_IF_ERROR(mismatch.ToStatus());

  return GuardTorch("writing a state", [&] {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      targets[i].copy_(TensorOf(layout.entries()[i], BytesOf(blob, i)));
    }
    return OkStatus();
  });
}

std::string_view WithoutPrefix(std::string_view name) {
  return name.starts_with(kBackbonePrefix) ? name.substr(kBackbonePrefix.size()) : name;
}

bool IsTrunk(const EntrySpec& entry) {
  const std::string_view name = WithoutPrefix(entry.name);
  return !name.starts_with("fc.") && !name.starts_with("classifier.") && HeadOf(entry).empty();
}

/// The trunk's entries of a file, renamed to our names.
Result<ParameterBlob> BackboneOf(const ParameterBlob& file) {
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob trunk, Subset(file, IsTrunk));
  std::vector<EntrySpec> renamed = trunk.layout->entries();
  for (EntrySpec& entry : renamed) {
    entry.name = std::string(kBackbonePrefix).append(WithoutPrefix(entry.name));
  }
  CONSILIUM_ASSIGN_OR_RETURN(trunk.layout, Layout::Make(std::move(renamed)));
  return trunk;
}

}  // namespace

std::shared_ptr<const Layout> LayoutOf(const torch::nn::Module& module) {
  std::vector<EntrySpec> entries;
  for (const NamedTensor& named : StateOf(module)) entries.push_back(SpecOf(named));
  return LayoutOfSpecs(std::move(entries));
}

ParameterBlob ReadState(const torch::nn::Module& module,
                        const std::function<bool(const EntrySpec&)>& keep) {
  std::vector<EntrySpec> entries;
  std::vector<torch::Tensor> tensors;
  for (const NamedTensor& named : StateOf(module)) {
    EntrySpec entry = SpecOf(named);
    if (keep && !keep(entry)) continue;
    entries.push_back(std::move(entry));
    tensors.push_back(named.tensor.detach());
  }
  ParameterBlob blob{LayoutOfSpecs(std::move(entries)), {}};
  blob.bytes.resize(blob.layout->byte_size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (blob.layout->size(i) == 0) continue;
    const torch::Tensor values = tensors[i].to(torch::kCPU).contiguous();
    std::memcpy(blob.bytes.data() + blob.layout->offset(i), values.data_ptr(),
                blob.layout->size(i));
  }
  return blob;
}

std::vector<torch::Tensor> TensorsOf(const ParameterBlob& state) {
  CONSILIUM_CHECK(state.bytes.size() == state.layout->byte_size());
  std::vector<torch::Tensor> tensors;
  for (std::size_t i = 0; i < state.layout->entries().size(); ++i) {
    tensors.push_back(TensorOf(state.layout->entries()[i], BytesOf(state, i)));
  }
  return tensors;
}

Status WriteState(torch::nn::Module& module, const ParameterBlob& blob) {
  return Write(StateOf(module), blob, [](const EntrySpec&) { return false; });
}

Status LoadBackboneWeights(torch::nn::Module& net, const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxWeightsFile));
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile file, ParseSafetensors(bytes, path));
  const Result<ParameterBlob> weights = BackboneOf(file.blob);
  if (!weights.ok()) return weights.status().WithContext(path);
  const auto required = [](const EntrySpec& entry) {
    return entry.name.starts_with(kBackbonePrefix) && KindOf(entry) != EntryKind::kCounter;
  };
  return Write(StateOf(net), *weights, required).WithContext(path);
}

}  // namespace consilium
