#include "common/tensor_file/torch_zip.h"

#include "common/tensor_file/pickle.h"
#include "common/tensor_file/torch_state.h"
#include "common/zip/zip_archive.h"

namespace consilium {
namespace {

class ArchiveMembers : public TorchStorageBytes {
 public:
  ArchiveMembers(const ZipArchive& archive, const std::string& folder)
      : archive_(archive), prefix_(folder + "data/") {}

  Result<std::uint64_t> Size(std::string_view key) const override {
    const ZipArchive::Member* member = Find(key);
    if (member == nullptr) return InvalidArgument("its storage is not in the archive");
    return member->size;
  }
  Status Read(std::string_view key, std::span<std::byte> into) const override {
    return archive_.Read(*Find(key), into);
  }

 private:
  const ZipArchive::Member* Find(std::string_view key) const {
    return archive_.Find(std::string(prefix_).append(key));
  }

  const ZipArchive& archive_;
  std::string prefix_;
};

/// "archive/": what stands before data.pkl.
Result<std::string> FolderOf(const ZipArchive& archive) {
  constexpr std::string_view pickle = "data.pkl";
  std::string folder;
  for (const ZipArchive::Member& member : archive.members()) {
    const std::size_t slash = member.name.find('/');
    if (slash == std::string::npos || member.name.substr(slash + 1) != pickle) continue;
    if (!folder.empty()) return InvalidArgument("has two folders with data.pkl, expected one");
    folder = member.name.substr(0, slash + 1);
  }
  if (folder.empty()) {
    return InvalidArgument("is a zip archive without data.pkl; expected one of torch.save");
  }
  if (archive.Find(folder + "constants.pkl") != nullptr) {
    return InvalidArgument(
        "is a TorchScript program, which is code, not weights; expected a state "
        "dict, as written by torch.save(model.state_dict(), FILE)");
  }
  return folder;
}

/// A member of at most `limit` bytes.
Result<Bytes> ReadMember(const ZipArchive& archive, const std::string& name, std::uint64_t limit) {
  const ZipArchive::Member* member = archive.Find(name);
  if (member == nullptr) return NotFound(name);
  if (member->size > limit) {
    return InvalidArgument(name + " has " + std::to_string(member->size) +
                           " bytes, expected at most " + std::to_string(limit));
  }
  Bytes bytes(member->size);
  CONSILIUM_RETURN_IF_ERROR(archive.Read(*member, bytes));
  return bytes;
}

/// Files of PyTorch before 2.1 do not say; they are of little-endian machines.
Status CheckByteOrder(const ZipArchive& archive, const std::string& folder) {
  const Result<Bytes> order = ReadMember(archive, folder + "byteorder", 16);
  if (order.status().code() == StatusCode::kNotFound) return OkStatus();
  if (!order.ok()) return order.status();
  if (AsText(*order) == "little") return OkStatus();
  return InvalidArgument("was written by a big-endian machine; load and save it on another");
}

Result<TensorFile> Parse(ByteView file) {
  CONSILIUM_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(file));
  CONSILIUM_ASSIGN_OR_RETURN(const std::string folder, FolderOf(archive));
  CONSILIUM_RETURN_IF_ERROR(CheckByteOrder(archive, folder));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes text,
                             ReadMember(archive, folder + "data.pkl", PickleBounds::kMaxBytes));
  CONSILIUM_ASSIGN_OR_RETURN(const Pickle pickle, ReadPickle(text, IsTorchName));
  CONSILIUM_ASSIGN_OR_RETURN(const TorchStorages storages, StoragesOf(pickle));
  return ReadTorchState(pickle, storages, ArchiveMembers(archive, folder), file.size());
}

}  // namespace

Result<TensorFile> ParseTorchZip(ByteView file, const std::string& name_for_errors) {
  Result<TensorFile> parsed = Parse(file);
  if (!parsed.ok()) return parsed.status().WithContext(name_for_errors);
  return parsed;
}

}  // namespace consilium
