/// The memory of the machine that a pickle is a program of: its input, its stack with marks, its
/// memo, and the values made so far. Every access is checked, every growth bounded.
///
/// Errors: kInvalidArgument "its pickle ..., at its byte N". Threads: one at a time.
#pragma once

#include "common/tensor_file/pickle.h"

#include <string>
#include <unordered_map>

namespace consilium {

class PickleStack {
 public:
  explicit PickleStack(ByteView input);

  const PickleValue& operator[](PickleRef ref) const { return pickle_[ref]; }
  PickleValue& operator[](PickleRef ref) { return pickle_.values[ref]; }
  Status Fault(const std::string& what) const;

  template <typename T>
  Result<T> Read() {
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView raw, Take(sizeof(T)));
    T value;
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  /// The next `count` bytes of the input.
  Result<ByteView> Take(std::uint64_t count);
  /// The input up to the next line break, which is passed.
  Result<std::string_view> TakeLine();

  /// A new value on top.
  Status Push(PickleValue value);
  Result<PickleRef> Pop();
  /// The value on top, which stays.
  Result<PickleRef> Top();
  /// The same, of a kind.
  Result<PickleRef> Top(PickleKind kind);
  Status Mark();
  /// Everything above the last mark, which goes.
  Result<std::vector<PickleRef>> PopToMark();

  /// Keeps the value on top under an index; the next free one.
  Status Remember(std::uint32_t index);
  Status RememberNext() { return Remember(static_cast<std::uint32_t>(memo_.size())); }
  /// Puts what is kept under an index on top.
  Status Recall(std::uint32_t index);

  /// The value on top and all it is made of; ends the machine.
  Result<Pickle> Finish();

 private:
  std::size_t position() const { return input_.size() - rest_.size(); }

  bool cut_;  // the input goes on beyond the bound
  ByteView input_;
  ByteView rest_;
  Pickle pickle_;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;  // heights of the stack
  std::unordered_map<std::uint32_t, PickleRef> memo_;
};

}  // namespace consilium
