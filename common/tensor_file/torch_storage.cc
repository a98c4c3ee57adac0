#include "common/tensor_file/torch_storage.h"

#include "common/tensor_file/shown_name.h"

#include <algorithm>
#include <array>

namespace consilium {
namespace {

constexpr std::array<TorchStorageType, 12> kStorageTypes{{{"FloatStorage", 4, "F32"},
                                                          {"DoubleStorage", 8, "F64"},
                                                          {"HalfStorage", 2, "F16"},
                                                          {"BFloat16Storage", 2, "BF16"},
                                                          {"LongStorage", 8, "I64"},
                                                          {"IntStorage", 4, "I32"},
                                                          {"ShortStorage", 2, ""},
                                                          {"CharStorage", 1, ""},
                                                          {"ByteStorage", 1, ""},
                                                          {"BoolStorage", 1, ""},
                                                          {"ComplexFloatStorage", 8, ""},
                                                          {"ComplexDoubleStorage", 16, ""}}};

struct Known {
  std::string_view module;
  std::string_view name;
  friend bool operator==(const Known&, const Known&) = default;
};

constexpr std::array<Known, 6> kNames{{{"collections", "OrderedDict"},
                                       {"torch.jit._pickle", "restore_type_tag"},
                                       {"torch._utils", "_rebuild_tensor_v2"},
                                       {"torch._utils", "_rebuild_tensor"},
                                       {"torch._utils", "_rebuild_parameter"},
                                       {"torch.nn.parameter", "Parameter"}}};

const TorchStorageType* FindStorageType(std::string_view module, std::string_view name) {
  if (module != "torch") return nullptr;
  const auto* found = std::ranges::find(kStorageTypes, name, &TorchStorageType::name);
  return found == kStorageTypes.end() ? nullptr : found;
}

/// ("storage", type, key, device, elements), in the older format with what part of another storage
/// it is, which no longer occurs and must be None.
Result<TorchStorage> ReadId(const Pickle& pickle, const PickleValue& id) {
  constexpr std::size_t fields = 5;
  const auto field = [&](std::size_t i) -> const PickleValue& { return pickle[id.items[i]]; };
  const bool whole =
      id.kind == PickleKind::kTuple && (id.items.size() == fields || id.items.size() == fields + 1);
  if (!whole || field(0).kind != PickleKind::kText || field(0).text != "storage" ||
      field(1).kind != PickleKind::kGlobal || field(2).kind != PickleKind::kText ||
      field(4).kind != PickleKind::kInteger) {
    return InvalidArgument("refers to what is no storage of a tensor");
  }
  const std::string shown = "storage " + ShownName(field(2).text);
  if (id.items.size() > fields && field(fields).kind != PickleKind::kNone) {
    return InvalidArgument(shown + " is part of another; load and save the file with PyTorch anew");
  }
  const TorchStorageType* type = FindStorageType(field(1).module, field(1).text);
  if (type == nullptr) return InvalidArgument(shown + " has no element type");
  const std::int64_t count = field(4).integer;
  if (count < 0 || static_cast<std::uint64_t>(count) > Layout::kMaxBytes / type->size) {
    return InvalidArgument(shown + " would hold " + std::to_string(count) + " elements");
  }
  return TorchStorage{type, static_cast<std::uint64_t>(count)};
}

}  // namespace

bool IsTorchName(std::string_view module, std::string_view name) {
  return FindStorageType(module, name) != nullptr ||
         std::ranges::count(kNames, Known{module, name}) > 0;
}

Result<TorchStorages> StoragesOf(const Pickle& pickle) {
  TorchStorages storages;
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleKind::kPersistent) continue;
    CONSILIUM_ASSIGN_OR_RETURN(const TorchStorage storage, ReadId(pickle, pickle[value.items[0]]));
    const std::string_view key = StorageKey(pickle, value);
    const auto [known, added] = storages.emplace(key, storage);
    if (added) continue;
    if (known->second.type != storage.type || known->second.count != storage.count) {
      return InvalidArgument("storage " + ShownName(key) + " appears with two types or sizes");
    }
  }
  return storages;
}

std::string_view StorageKey(const Pickle& pickle, const PickleValue& persistent) {
  return pickle[pickle[persistent.items[0]].items[2]].text;
}

}  // namespace consilium
