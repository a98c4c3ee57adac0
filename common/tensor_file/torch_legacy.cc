#include "common/tensor_file/torch_legacy.h"

#include "common/base/check.h"
#include "common/tensor_file/pickle.h"
#include "common/tensor_file/shown_name.h"
#include "common/tensor_file/torch_state.h"

#include <algorithm>
#include <array>

namespace consilium {
namespace {

constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t kVersion = 1001;

class FileEnd : public TorchStorageBytes {
 public:
  Result<std::uint64_t> Size(std::string_view key) const override {
    const auto found = storages_.find(key);
    if (found == storages_.end()) return InvalidArgument("its storage is not in the file");
    return found->second.size();
  }
  Status Read(std::string_view key, std::span<std::byte> into) const override {
    const ByteView storage = storages_.at(key);
    CONSILIUM_CHECK(storage.size() == into.size());
    std::ranges::copy(storage, into.begin());
    return OkStatus();
  }
  bool Add(std::string_view key, ByteView bytes) { return storages_.emplace(key, bytes).second; }

 private:
  std::map<std::string_view, ByteView> storages_;
};

/// One pickle after another.
class Pickles {
 public:
  explicit Pickles(ByteView file) : rest_(file) {}

  Result<Pickle> Next() {
    CONSILIUM_ASSIGN_OR_RETURN(Pickle pickle, ReadPickle(rest_, IsTorchName));
    rest_ = rest_.subspan(pickle.size);
    return pickle;
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

/// The first three pickles.
Status CheckOpening(Pickles& pickles) {
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle magic, pickles.Next());
  if (magic[magic.root].kind != PickleKind::kBigInteger || magic[magic.root].text != kMagic) {
    return InvalidArgument(
        "is a pickle, but not of torch.save; expected a state dict, as written "
        "by torch.save(model.state_dict(), FILE)");
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle version, pickles.Next());
  if (version[version.root].kind != PickleKind::kInteger ||
      version[version.root].integer != kVersion) {
    return InvalidArgument("is of another version of torch.save than " + std::to_string(kVersion));
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle machine, pickles.Next());
  const PickleValue& facts = machine[machine.root];
  if (facts.kind != PickleKind::kDict) return InvalidArgument("does not say what machine wrote it");
  for (std::size_t i = 0; i < facts.items.size(); i += 2) {
    const PickleValue& value = machine[facts.items[i + 1]];
    if (machine[facts.items[i]].text == "little_endian" &&
        (value.kind != PickleKind::kBool || value.integer == 0)) {
      return InvalidArgument("was written by a big-endian machine; load and save it on another");
    }
  }
  return OkStatus();
}

/// What follows the pickles: every storage that `keys` lists, and nothing else.
Result<FileEnd> ReadFileEnd(const Pickle& keys, const TorchStorages& storages, ByteView rest) {
  ByteReader reader(rest);
  FileEnd end;
  if (keys[keys.root].kind != PickleKind::kList) return InvalidArgument("lists no storages");
  for (const PickleRef ref : keys[keys.root].items) {
    const auto found = storages.find(keys[ref].text);
    if (found == storages.end()) {
      return InvalidArgument("storage " + ShownName(keys[ref].text) + " belongs to no tensor");
    }
    const std::string shown = "storage " + ShownName(found->first);
    const Result<std::int64_t> count = reader.Read<std::int64_t>();
    if (!count.ok()) return InvalidArgument("ends before " + shown);
    if (*count < 0 || static_cast<std::uint64_t>(*count) != found->second.count) {
      return InvalidArgument(shown + " has " + std::to_string(*count) + " elements, expected " +
                             std::to_string(found->second.count));
    }
    const Result<ByteView> bytes = reader.ReadBytes(found->second.byte_size());
    if (!bytes.ok()) return InvalidArgument(shown + " " + bytes.status().message());
    if (!end.Add(found->first, *bytes)) return InvalidArgument(shown + " appears twice");
  }
  if (reader.remaining() > 0) {
    return InvalidArgument(std::to_string(reader.remaining()) + " bytes follow the last storage");
  }
  return end;
}

Result<TensorFile> Parse(ByteView file) {
  Pickles pickles(file);
  CONSILIUM_RETURN_IF_ERROR(CheckOpening(pickles));
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle state, pickles.Next());
  CONSILIUM_ASSIGN_OR_RETURN(const TorchStorages storages, StoragesOf(state));
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle keys, pickles.Next());
  CONSILIUM_ASSIGN_OR_RETURN(const FileEnd end, ReadFileEnd(keys, storages, pickles.rest()));
  return ReadTorchState(state, storages, end, file.size());
}

}  // namespace

Result<TensorFile> ParseTorchLegacy(ByteView file, const std::string& name_for_errors) {
  Result<TensorFile> parsed = Parse(file);
  if (!parsed.ok()) return parsed.status().WithContext(name_for_errors);
  return parsed;
}

}  // namespace consilium
