#include "common/base/hasher.h"

namespace consilium {

std::string Digest(const HasherFactory& factory, ByteView bytes) {
  if (!factory) return "";
  const std::unique_ptr<Hasher> hasher = factory();
  hasher->Update(bytes);
  return hasher->Finish();
}

}  // namespace consilium
