#include "common/tensor_file/pickle_stack.h"

#include <algorithm>

namespace consilium {

PickleStack::PickleStack(ByteView input)
    : cut_(input.size() > PickleBounds::kMaxBytes),
      input_(input.first(std::min(input.size(), PickleBounds::kMaxBytes))),
      rest_(input_) {}

Status PickleStack::Fault(const std::string& what) const {
  return InvalidArgument("its pickle " + what + ", at its byte " + std::to_string(position()));
}

Result<ByteView> PickleStack::Take(std::uint64_t count) {
  if (count > rest_.size()) {
    if (!cut_) return Fault("ends too early");
    return Fault("is longer than " + std::to_string(PickleBounds::kMaxBytes) + " bytes");
  }
  const ByteView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Result<std::string_view> PickleStack::TakeLine() {
  constexpr std::size_t longest = 256;
  const std::size_t end = AsText(rest_).substr(0, longest).find('\n');
  if (end == std::string_view::npos) return Fault("has a name without an end");
  CONSILIUM_ASSIGN_OR_RETURN(const ByteView line, Take(end + 1));
  return AsText(line.first(end));
}

Status PickleStack::Push(PickleValue value) {
  if (pickle_.values.size() >= PickleBounds::kMaxValues) {
    return Fault("has more than " + std::to_string(PickleBounds::kMaxValues) + " values");
  }
  stack_.push_back(static_cast<PickleRef>(pickle_.values.size()));
  pickle_.values.push_back(std::move(value));
  return OkStatus();
}

Result<PickleRef> PickleStack::Top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return Fault("takes a value where there is none");
  return stack_.back();
}

Result<PickleRef> PickleStack::Top(PickleKind kind) {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef top, Top());
  if (pickle_[top].kind != kind) return Fault("fills what is no container of that kind");
  return top;
}

Result<PickleRef> PickleStack::Pop() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef top, Top());
  stack_.pop_back();
  return top;
}

Status PickleStack::Mark() {
  if (marks_.size() >= PickleBounds::kMaxNesting) return Fault("is nested too deeply");
  marks_.push_back(stack_.size());
  return OkStatus();
}

Result<std::vector<PickleRef>> PickleStack::PopToMark() {
  if (marks_.empty()) return Fault("closes what it has not opened");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleRef> taken(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return taken;
}

Status PickleStack::Remember(std::uint32_t index) {
  CONSILIUM_ASSIGN_OR_RETURN(memo_[index], Top());
  return OkStatus();
}

Status PickleStack::Recall(std::uint32_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) return Fault("uses a value that it has not made");
  stack_.push_back(found->second);
  return OkStatus();
}

Result<Pickle> PickleStack::Finish() {
  CONSILIUM_ASSIGN_OR_RETURN(pickle_.root, Pop());
  pickle_.size = position();
  return std::move(pickle_);
}

}  // namespace consilium
