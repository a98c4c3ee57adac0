/// The seam to a digest: SHA-256 where OpenSSL is built in (common/security/sha256.h), absent
/// otherwise.
#pragma once

#include "common/base/bytes.h"

#include <functional>
#include <memory>
#include <string>

namespace consilium {

/// One running digest. Threads: one at a time.
class Hasher {
 public:
  virtual ~Hasher() = default;
  virtual void Update(ByteView bytes) = 0;
  /// Lower-case hexadecimal digest of everything so far; call once.
  virtual std::string Finish() = 0;
};

/// Makes a fresh Hasher; empty where the build has none. May be called from any thread.
using HasherFactory = std::function<std::unique_ptr<Hasher>()>;

/// Digest of `bytes` in hexadecimal; "" if `factory` is empty.
std::string Digest(const HasherFactory& factory, ByteView bytes);

}  // namespace consilium
