#include "common/storage/blob_store.h"

namespace consilium {

Result<Bytes> BlobStore::ReadAll(std::string_view name) const {
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, Size(name));
  Bytes bytes(size);
  CONSILIUM_RETURN_IF_ERROR(ReadAt(name, 0, bytes));
  return bytes;
}

}  // namespace consilium
