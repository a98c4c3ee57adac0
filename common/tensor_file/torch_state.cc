#include "common/tensor_file/torch_state.h"

#include "common/base/check.h"
#include "common/tensor_file/shown_name.h"
#include "common/tensor_file/strided_view.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

namespace consilium {
namespace {

constexpr std::array<std::string_view, 3> kWrappers{"state_dict", "model", "resnet"};

struct StoredTensor {
  std::string_view name;
  std::string_view key;  // of the storage
  StridedView view;
  const ForeignType* type = nullptr;
  std::uint64_t count = 0;

  std::uint64_t begin() const { return view.offset * type->size; }
  std::uint64_t byte_size() const { return count * type->size; }
};

/// The call that puts a tensor together, out of nn.Parameter if it is in one; null if it is none.
const PickleValue* TensorCall(const Pickle& pickle, const PickleValue* value) {
  for (int parameter = 0; parameter < 2; ++parameter) {
    if (value->kind != PickleKind::kCall) return nullptr;
    const std::string_view name = pickle[value->items[0]].text;
    if (name == "_rebuild_tensor_v2" || name == "_rebuild_tensor") return value;
    const std::vector<PickleRef>& arguments = pickle[value->items[1]].items;
    if ((name != "_rebuild_parameter" && name != "Parameter") || arguments.empty()) return nullptr;
    value = &pickle[arguments[0]];
  }
  return nullptr;
}

bool HoldsTensors(const Pickle& pickle, const PickleValue& value) {
  return value.kind == PickleKind::kDict && !value.items.empty() &&
         TensorCall(pickle, &pickle[value.items[1]]) != nullptr;
}

/// LibTorch in C++ (consilium-sim export) writes a dict with its type around it.
const PickleValue& WithoutTypeTag(const Pickle& pickle, const PickleValue& value) {
  if (value.kind != PickleKind::kCall || pickle[value.items[0]].text != "restore_type_tag") {
    return value;
  }
  const std::vector<PickleRef>& arguments = pickle[value.items[1]].items;
  return arguments.empty() ? value : pickle[arguments[0]];
}

/// The dict under one of the wrappers, or the root.
Result<const PickleValue*> FindStateDict(const Pickle& pickle) {
  const PickleValue& root = WithoutTypeTag(pickle, pickle[pickle.root]);
  if (root.kind != PickleKind::kDict) {
    return InvalidArgument(
        "holds no dict of tensors; expected a state dict, as written by "
        "torch.save(model.state_dict(), FILE)");
  }
  const PickleValue* found = nullptr;
  for (std::size_t i = 0; i < root.items.size(); i += 2) {
    const PickleValue& key = pickle[root.items[i]];
    const PickleValue& value = pickle[root.items[i + 1]];
    if (key.kind != PickleKind::kText || std::ranges::count(kWrappers, key.text) == 0) continue;
    if (!HoldsTensors(pickle, value)) continue;
    if (found != nullptr) return InvalidArgument("holds two state dicts, expected one");
    found = &value;
  }
  return found != nullptr ? found : &root;
}

std::optional<std::vector<std::int64_t>> Integers(const Pickle& pickle, const PickleValue& tuple) {
  if (tuple.kind != PickleKind::kTuple || tuple.items.size() > TorchStateBounds::kMaxDimensions) {
    return std::nullopt;
  }
  std::vector<std::int64_t> numbers;
  for (const PickleRef ref : tuple.items) {
    if (pickle[ref].kind != PickleKind::kInteger) return std::nullopt;
    numbers.push_back(pickle[ref].integer);
  }
  return numbers;
}

/// (storage, offset, shape, strides, ...)
Result<StoredTensor> ReadTensor(const Pickle& pickle, const PickleValue& value) {
  const PickleValue* call = TensorCall(pickle, &value);
  if (call == nullptr) return InvalidArgument("is no tensor");
  const std::vector<PickleRef>& arguments = pickle[call->items[1]].items;
  if (arguments.size() < 4) return InvalidArgument("is half a tensor");
  const PickleValue& storage = pickle[arguments[0]];
  const PickleValue& offset = pickle[arguments[1]];
  auto shape = Integers(pickle, pickle[arguments[2]]);
  auto strides = Integers(pickle, pickle[arguments[3]]);
  if (storage.kind != PickleKind::kPersistent || offset.kind != PickleKind::kInteger ||
      offset.integer < 0 || !shape || !strides || shape->size() != strides->size()) {
    return InvalidArgument("is no tensor of a shape, strides and a storage");
  }
  StoredTensor tensor;
  tensor.key = StorageKey(pickle, storage);
  tensor.view = {static_cast<std::uint64_t>(offset.integer), *std::move(shape),
                 *std::move(strides)};
  return tensor;
}

class StateReader {
 public:
  StateReader(const Pickle& pickle, const TorchStorages& storages, const TorchStorageBytes& bytes,
              std::uint64_t file_size)
      : pickle_(pickle),
        storages_(storages),
        bytes_(bytes),
        left_(file_size * TorchStateBounds::kMaxExpansion + TorchStateBounds::kSlack) {}

  Result<TensorFile> Read() {
    CONSILIUM_ASSIGN_OR_RETURN(const PickleValue* dict, FindStateDict(pickle_));
    CONSILIUM_RETURN_IF_ERROR(ReadEntries(*dict));
    std::vector<EntrySpec> specs;
    for (const StoredTensor& tensor : tensors_) {
      specs.push_back({std::string(tensor.name), tensor.type->becomes, tensor.view.shape});
    }
    CONSILIUM_ASSIGN_OR_RETURN(blob_.layout, Layout::Make(std::move(specs)));
    blob_.bytes.resize(blob_.layout->byte_size());
    CONSILIUM_RETURN_IF_ERROR(ReadStorages());
    return TensorFile{std::move(blob_), {}};
  }

 private:
  Status ReadEntries(const PickleValue& dict);
  /// Finds the tensor's elements in its storage; counts them against the bound.
  Status Place(StoredTensor& tensor);
  /// Each storage once, whatever the number of tensors that are views of it.
  Status ReadStorages();
  Status ReadStorage(std::string_view key, std::span<const std::size_t> tensors);
  std::span<std::byte> Destination(std::size_t tensor) {
    return std::span(blob_.bytes).subspan(blob_.layout->offset(tensor), blob_.layout->size(tensor));
  }

  const Pickle& pickle_;
  const TorchStorages& storages_;
  const TorchStorageBytes& bytes_;
  std::uint64_t left_;  // bytes of tensors that may still come
  std::vector<StoredTensor> tensors_;
  ParameterBlob blob_;
};

Status StateReader::ReadEntries(const PickleValue& dict) {
  if (dict.items.size() / 2 > Layout::kMaxEntries) {
    return InvalidArgument("more than " + std::to_string(Layout::kMaxEntries) + " entries");
  }
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    const PickleValue& key = pickle_[dict.items[i]];
    if (key.kind != PickleKind::kText || key.text.size() > TorchStateBounds::kMaxName) {
      return InvalidArgument("entry " + std::to_string(i / 2) + " has no name of at most " +
                             std::to_string(TorchStateBounds::kMaxName) + " bytes");
    }
    Result<StoredTensor> tensor = ReadTensor(pickle_, pickle_[dict.items[i + 1]]);
    if (!tensor.ok()) return tensor.status().WithContext(ShownName(key.text));
    tensor->name = key.text;
    CONSILIUM_RETURN_IF_ERROR(Place(*tensor).WithContext(ShownName(key.text)));
    tensors_.push_back(*std::move(tensor));
  }
  return OkStatus();
}

Status StateReader::Place(StoredTensor& tensor) {
  const TorchStorage& storage = storages_.at(tensor.key);
  tensor.type = FindForeignType(storage.type->foreign);
  if (tensor.type == nullptr) {
    return InvalidArgument("has elements of type torch." + std::string(storage.type->name) +
                           ", expected one of " + KnownForeignTypes());
  }
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, bytes_.Size(tensor.key));
  if (size != storage.byte_size()) {
    return InvalidArgument("its storage has " + std::to_string(size) + " bytes, expected " +
                           std::to_string(storage.byte_size()));
  }
  CONSILIUM_ASSIGN_OR_RETURN(tensor.count,
                             tensor.view.CountWithin(storage.count, left_ / tensor.type->size));
  left_ -= tensor.byte_size();
  return OkStatus();
}

Status StateReader::ReadStorages() {
  std::vector<std::size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [this](std::size_t i) { return tensors_[i].key; };
  std::ranges::stable_sort(order, {}, key);
  for (auto begin = order.begin(); begin != order.end();) {
    const auto end =
        std::find_if(begin, order.end(), [&](std::size_t i) { return key(i) != key(*begin); });
    CONSILIUM_RETURN_IF_ERROR(ReadStorage(key(*begin), std::span(begin, end)));
    begin = end;
  }
  return OkStatus();
}

Status StateReader::ReadStorage(std::string_view key, std::span<const std::size_t> tensors) {
  const std::uint64_t size = storages_.at(key).byte_size();
  const StoredTensor& first = tensors_[tensors.front()];
  const bool as_is = ElementSize(first.type->becomes) == first.type->size;
  if (as_is && tensors.size() == 1 && first.byte_size() == size && first.view.IsContiguous()) {
    return bytes_.Read(key, Destination(tensors.front()));
  }
  Bytes storage(size);
  CONSILIUM_RETURN_IF_ERROR(bytes_.Read(key, storage));
  for (const std::size_t i : tensors) {
    const StoredTensor& tensor = tensors_[i];
    if (tensor.count == 0) continue;
    if (tensor.view.IsContiguous()) {
      tensor.type->convert(ByteView(storage).subspan(tensor.begin(), tensor.byte_size()),
                           Destination(i));
    } else {
      tensor.type->convert(tensor.view.Gather(storage, tensor.type->size), Destination(i));
    }
  }
  return OkStatus();
}

}  // namespace

Result<TensorFile> ReadTorchState(const Pickle& pickle, const TorchStorages& storages,
                                  const TorchStorageBytes& bytes, std::uint64_t file_size) {
  return StateReader(pickle, storages, bytes, file_size).Read();
}

}  // namespace consilium
