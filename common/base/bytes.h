/// Little-endian bytes, written and read with bounds.
///
/// Every format of this project is little-endian; the supported machines are too, so tensors are
/// copied as they lie in memory.
/// Errors: a Read beyond the end returns kDataLoss and moves nothing. Threads: none inside.
#pragma once

#include "common/base/result.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace consilium {

static_assert(std::endian::native == std::endian::little, "formats are copied as they lie");

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteWriter {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Put(T value) { PutBytes(std::as_bytes(std::span(&value, 1))); }
  void PutBytes(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  /// Length as uint32, then the text.
  void PutText(std::string_view text) {
    Put(static_cast<std::uint32_t>(text.size()));
    PutBytes(AsBytes(text));
  }
  const Bytes& bytes() const { return out_; }
  Bytes Take() { return std::move(out_); }

 private:
  Bytes out_;
};

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  template <typename T>
  requires std::is_arithmetic_v<T> Result<T> Read() {
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView raw, ReadBytes(sizeof(T)));
    T value;
    std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  /// A view into the input, `count` bytes long.
  Result<ByteView> ReadBytes(std::size_t count) {
    if (count > rest_.size()) {
      return DataLoss("ended " + std::to_string(count - rest_.size()) + " bytes too early");
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  /// What ByteWriter::PutText wrote, at most `limit` bytes of it.
  Result<std::string> ReadText(std::size_t limit) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto size, Read<std::uint32_t>());
    if (size > limit)
      return DataLoss("a text of " + std::to_string(size) + " bytes is over its bound");
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView raw, ReadBytes(size));
    return std::string(AsText(raw));
  }
  std::size_t remaining() const { return rest_.size(); }

 private:
  ByteView rest_;
};

}  // namespace consilium
