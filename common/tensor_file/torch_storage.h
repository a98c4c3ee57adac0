/// Storages of a file that torch.save wrote: the flat arrays that its tensors are views of.
///
/// Threads: as stated at each.
/// Source: PyTorch 1.13, torch/serialization.py (persistent ids), torch/_utils.py.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/tensor_file/element_conversion.h"
#include "common/tensor_file/pickle.h"

#include <cstdint>
#include <map>
#include <string_view>

namespace consilium {

/// Whether a name belongs to a plain container of tensors: OrderedDict, a storage type, one of the
/// functions that put a tensor together. Threads: pure.
bool IsTorchName(std::string_view module, std::string_view name);

/// An element type of storages.
struct TorchStorageType {
  std::string_view name;     ///< "FloatStorage"
  std::size_t size;          ///< bytes of one element
  std::string_view foreign;  ///< name in element_conversion.h; empty: not read
};

/// What a pickle says about a storage.
struct TorchStorage {
  const TorchStorageType* type = nullptr;
  std::uint64_t count = 0;  ///< elements

  std::uint64_t byte_size() const { return count * type->size; }
};

/// Key -> storage, for every storage that the pickle names. The keys are views of its input.
using TorchStorages = std::map<std::string_view, TorchStorage>;

/// Errors: kInvalidArgument: an id that is none of a storage; one key for two different storages; a
/// size over Layout::kMaxBytes. Threads: pure.
Result<TorchStorages> StoragesOf(const Pickle& pickle);
/// The key of a persistent id that StoragesOf has checked.
std::string_view StorageKey(const Pickle& pickle, const PickleValue& persistent);

/// Where the bytes of storages lie: members of an archive, or the end of the file.
class TorchStorageBytes {
 public:
  virtual ~TorchStorageBytes() = default;
  /// Errors: kInvalidArgument: no storage of that key.
  virtual Result<std::uint64_t> Size(std::string_view key) const = 0;
  /// Fills `into`, which is as long as the storage.
  virtual Status Read(std::string_view key, std::span<std::byte> into) const = 0;
};

}  // namespace consilium
