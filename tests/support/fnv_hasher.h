/// A digest for tests that must also run where OpenSSL is not built in: FNV-1a, 16 hexadecimal
/// digits.
#pragma once

#include "common/base/hasher.h"

#include <cstdio>

namespace consilium {

class FnvHasher final : public Hasher {
 public:
  void Update(ByteView bytes) override {
    for (const std::byte byte : bytes) {
      state_ = (state_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3ULL;
    }
  }
  std::string Finish() override {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(state_));
    return text;
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

inline HasherFactory FnvHash() {
  return [] { return std::make_unique<FnvHasher>(); };
}

}  // namespace consilium
