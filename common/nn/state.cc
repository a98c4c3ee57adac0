#include "common/nn/state.h"

#include "common/base/check.h"
#include "common/nn/state_mismatch.h"
#include "common/nn/torch_guard.h"

#include <ATen/ops/from_blob.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cstdint>
#include <cstring>
#include <unordered_map>

namespace consilium {
namespace {

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

/// The bytes as a tensor, without a copy: undefined where an entry's place in its blob (a double
/// behind an odd number of floats) does not suit its type.
torch::Tensor ViewOf(const EntrySpec& entry, const std::byte* bytes) {
  if (reinterpret_cast<std::uintptr_t>(bytes) % ElementSize(entry.type) != 0) return {};
  // LibTorch has no tensor of constant values.
  return at::from_blob(const_cast<std::byte*>(bytes), entry.shape, TensorType(entry.type));
}

/// In the order of the shape, whatever the tensor's own order is.
void CopyInto(const torch::Tensor& tensor, const EntrySpec& entry, std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  torch::Tensor view = ViewOf(entry, bytes.data());
  if (view.defined()) {
    view.copy_(tensor);
    return;
  }
  const torch::Tensor values = tensor.to(torch::kCPU).contiguous();
  std::memcpy(bytes.data(), values.data_ptr(), bytes.size());
}

void CopyFrom(const EntrySpec& entry, ByteView bytes, torch::Tensor& tensor) {
  const torch::Tensor view = ViewOf(entry, bytes.data());
  tensor.copy_(view.defined() ? view : TensorOf(entry, bytes));
}

ByteView BytesOf(const ParameterBlob& blob, std::size_t entry) {
  return ByteView(blob.bytes).subspan(blob.layout->offset(entry), blob.layout->size(entry));
}

}  // namespace

std::shared_ptr<const Layout> LayoutOf(const torch::nn::Module& module) {
  std::vector<EntrySpec> entries;
  for (const NamedTensor& named : StateOf(module)) entries.push_back(SpecOf(named));
  return LayoutOfSpecs(std::move(entries));
}

ParameterBlob BlobOf(std::span<const NamedTensor> tensors) {
  std::vector<EntrySpec> entries;
  entries.reserve(tensors.size());
  for (const NamedTensor& named : tensors) entries.push_back(SpecOf(named));
  ParameterBlob blob{LayoutOfSpecs(std::move(entries)), {}};
  blob.bytes.resize(blob.layout->byte_size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CopyInto(tensors[i].tensor.detach(), blob.layout->entries()[i],
             std::span(blob.bytes).subspan(blob.layout->offset(i), blob.layout->size(i)));
  }
  return blob;
}

ParameterBlob ReadState(const torch::nn::Module& module,
                        const std::function<bool(const EntrySpec&)>& keep) {
  std::vector<NamedTensor> tensors;
  for (NamedTensor& named : StateOf(module)) {
    if (!keep || keep(SpecOf(named))) tensors.push_back(std::move(named));
  }
  return BlobOf(tensors);
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
  std::vector<std::string> names;
  for (const EntrySpec& entry : blob.layout->entries()) names.push_back(entry.name);
  return WriteStateAs(module, blob, names, [](const EntrySpec&) { return false; });
}

/// Checks everything, then copies.
Status WriteStateAs(torch::nn::Module& module, const ParameterBlob& blob,
                    std::span<const std::string> names,
                    const std::function<bool(const EntrySpec&)>& required) {
  const Layout& layout = *blob.layout;
  CONSILIUM_CHECK(names.size() == layout.entries().size());
  if (blob.bytes.size() != layout.byte_size()) {
    return InvalidArgument("a state of " + std::to_string(blob.bytes.size()) +
                           " bytes, its layout has " + std::to_string(layout.byte_size()));
  }
  std::unordered_map<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || by_name.emplace(names[i], i).second) continue;
    return InvalidArgument("'" + names[i] + "' appears twice");
  }
  std::vector<torch::Tensor> targets(names.size());
  StateMismatch mismatch;
  for (const NamedTensor& named : StateOf(module)) {
    const EntrySpec expected = SpecOf(named);
    const auto found = by_name.find(named.name);
    if (found == by_name.end()) {
      if (required(expected)) mismatch.AddMissing(named.name);
      continue;
    }
    mismatch.Compare(layout.entries()[found->second], expected);
    targets[found->second] = named.tensor;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].empty() && !targets[i].defined()) mismatch.AddSurplus(names[i]);
  }
  CONSILIUM_RETURN_IF_ERROR(mismatch.ToStatus());

  return GuardTorch("writing a state", [&] {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i].defined()) CopyFrom(layout.entries()[i], BytesOf(blob, i), targets[i]);
    }
    return OkStatus();
  });
}

}  // namespace consilium
