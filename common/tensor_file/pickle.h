/// Reads a Python pickle as data: nothing is imported, called or built but a tree of plain values.
///
/// Understood is what torch.save writes, pickle protocols 2 to 5, for plain containers of tensors:
/// None, bool, int, float, str, bytes, tuples, lists, dicts, OrderedDict, persistent ids, and calls
/// of the names that the caller knows, which stay as they are written (name and arguments). State
/// given to an OrderedDict or to such a call (BUILD) is dropped. Any other name is refused: it would
/// be code. The tree may contain itself, so it is walked to a fixed depth only.
/// Bounds: kMaxBytes of input, kMaxSteps opcodes, kMaxValues values, kMaxNesting open marks; memory
/// grows with them alone, and texts are views of the input.
/// Errors: kInvalidArgument, one line without the file's name. Threads: pure.
/// Source: CPython, Lib/pickletools.py (opcodes).
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace consilium {

enum class PickleKind : std::uint8_t {
  kNone,
  kBool,
  kInteger,
  kBigInteger,  ///< of more than 64 bits: its little-endian bytes
  kFloat,       ///< its value is not kept
  kText,
  kBytes,
  kTuple,
  kList,
  kDict,
  kGlobal,      ///< a name, not what it stands for
  kCall,        ///< items: the name, the tuple of arguments
  kPersistent,  ///< items: the id
};

using PickleRef = std::uint32_t;  ///< index into Pickle::values

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  std::int64_t integer = 0;      ///< kBool, kInteger
  std::string_view text;         ///< kText, kBytes, kBigInteger; the name's last part
  std::string_view module;       ///< kGlobal: the name's first part
  std::vector<PickleRef> items;  ///< of containers; of a dict key, value, key, value, ...
};

struct Pickle {
  std::vector<PickleValue> values;
  PickleRef root = 0;
  std::size_t size = 0;  ///< bytes of the input that it fills

  const PickleValue& operator[](PickleRef ref) const { return values[ref]; }
};

struct PickleBounds {
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxSteps = 8'000'000;
  static constexpr std::size_t kMaxValues = 3'000'000;
  static constexpr std::size_t kMaxNesting = 256;
};

/// Whether a name may appear; called with "collections", "OrderedDict" too.
using KnownName = bool (*)(std::string_view module, std::string_view name);

/// Reads the pickle at the beginning of `input`; what follows it is left alone.
Result<Pickle> ReadPickle(ByteView input, KnownName known);

}  // namespace consilium
