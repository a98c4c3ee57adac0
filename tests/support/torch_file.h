/// Pickles and older .pth files written opcode by opcode, right or wrong, for tests of their reader.
#pragma once

#include "common/base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// The little-endian bytes of a number.
template <typename T>
std::string Raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string PickledInt(std::int64_t value) { return "\x8a\x08" + Raw(value); }

inline std::string PickledText(std::string_view text) {
  return "X" + Raw(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

inline std::string PickledName(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

inline std::string PickledTuple(const std::vector<std::int64_t>& numbers) {
  std::string text = "(";
  for (const std::int64_t number : numbers) text += PickledInt(number);
  return text + "t";
}

/// A tensor, with its storage, as _rebuild_tensor_v2 takes it.
struct PickledTensor {
  std::string type = "FloatStorage";
  std::string key = "0";
  std::int64_t count = 4;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape = {4};
  std::vector<std::int64_t> strides = {1};

  std::string Text() const {
    return PickledName("torch._utils", "_rebuild_tensor_v2") + "((" + PickledText("storage") +
           PickledName("torch", type) + PickledText(key) + PickledText("cpu") + PickledInt(count) +
           "tQ" + PickledInt(offset) + PickledTuple(shape) + PickledTuple(strides) + "\x89}tR";
  }
};

/// A pickle of one value.
inline std::string Pickled(const std::string& value) { return "\x80\x02" + value + "."; }

inline std::string PickledDict(const std::string& keys_and_values) {
  return "}(" + keys_and_values + "u";
}

/// What comes before the state in an older .pth.
inline std::string LegacyOpening() {
  return Pickled(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) +
         Pickled(std::string("M\xe9\x03", 3)) +
         Pickled(PickledDict(PickledText("little_endian") + "\x88"));
}

/// The keys of storages, and 8 bytes of count and 4 bytes for each element of every storage.
inline std::string LegacyEnd(const std::vector<std::string>& keys, std::int64_t count) {
  std::string list = "](";
  std::string storages;
  for (const std::string& key : keys) {
    list += PickledText(key);
    storages += Raw(count);
    for (std::int64_t i = 0; i < count; ++i) storages += Raw(static_cast<float>(i));
  }
  return Pickled(list + "e") + storages;
}

/// A file whose state is the dict {"a": `value`}, with one storage "0" of four floats.
inline std::string LegacyFileOf(const std::string& value) {
  return LegacyOpening() + Pickled(PickledDict(PickledText("a") + value)) + LegacyEnd({"0"}, 4);
}

}  // namespace consilium
