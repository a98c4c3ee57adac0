#include "simulations/sweep/sweep_job.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string_view>

namespace consilium {
namespace {

class Fnv {
 public:
  void Update(std::string_view bytes) {
    constexpr std::uint64_t kPrime = 0x100000001b3;
    for (const char byte : bytes) state_ = (state_ ^ static_cast<unsigned char>(byte)) * kPrime;
  }
  std::string Finish() const {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(state_));
    return text.data();
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace

std::string Fingerprint(const std::string& text) {
  Fnv fnv;
  fnv.Update(text);
  return fnv.Finish();
}

Result<std::string> FileFingerprint(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Fnv fnv;
  std::array<char, 1 << 16> buffer{};
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    fnv.Update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) return InvalidArgument(path + ": cannot be read");
  return fnv.Finish();
}

}  // namespace consilium
