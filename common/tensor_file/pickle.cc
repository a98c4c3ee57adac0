#include "common/tensor_file/pickle.h"

#include "common/tensor_file/pickle_stack.h"
#include "common/tensor_file/shown_name.h"

#include <algorithm>
#include <array>

namespace consilium {
namespace {

bool IsOrderedDict(const PickleValue& value) {
  return value.kind == PickleKind::kGlobal && value.module == "collections" &&
         value.text == "OrderedDict";
}

/// Runs the opcodes, which are found in a table.
class Machine {
 public:
  Machine(ByteView input, KnownName known) : stack_(input), known_(known) {}

  Result<Pickle> Run();

 private:
  using Step = Status (Machine::*)();
  struct Opcode {
    unsigned char code;
    Step run;
  };
  static const std::array<Step, 256>& Steps();

  Status Fault(const std::string& what) const { return stack_.Fault(what); }
  Status Push(PickleValue value) { return stack_.Push(std::move(value)); }

  template <PickleKind kKind, std::int64_t kValue = 0>
  Status Constant() {
    return Push({.kind = kKind, .integer = kValue});
  }
  template <typename T>
  Status Integer() {
    CONSILIUM_ASSIGN_OR_RETURN(const T value, stack_.Read<T>());
    return Push({.kind = PickleKind::kInteger, .integer = value});
  }
  template <PickleKind kKind, typename Length>
  Status Sized() {
    CONSILIUM_ASSIGN_OR_RETURN(const Length length, stack_.Read<Length>());
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView text, stack_.Take(length));
    return Push({.kind = kKind, .text = AsText(text)});
  }
  template <typename Index>
  Status Put() {
    CONSILIUM_ASSIGN_OR_RETURN(const Index index, stack_.Read<Index>());
    return stack_.Remember(index);
  }
  template <typename Index>
  Status Get() {
    CONSILIUM_ASSIGN_OR_RETURN(const Index index, stack_.Read<Index>());
    return stack_.Recall(index);
  }
  template <std::size_t kCount>
  Status TupleOf();

  Status Protocol();
  Status Frame();
  Status LongInteger();
  Status Float();
  Status Memoize() { return stack_.RememberNext(); }
  Status Mark() { return stack_.Mark(); }
  Status PopOne() { return stack_.Pop().status(); }
  Status Tuple();
  Status Append();
  Status Appends();
  Status SetItem();
  Status SetItems();
  Status GlobalLines();
  Status GlobalFromStack();
  Status Global(std::string_view module, std::string_view name);
  Status Reduce();
  Status OrderedDict(const PickleValue& arguments);
  Status Build();
  Status Persistent();

  PickleStack stack_;
  KnownName known_;
  std::size_t pairs_ = 0;  // that OrderedDicts were made of
};

const std::array<Machine::Step, 256>& Machine::Steps() {
  using K = PickleKind;
  static constexpr Opcode kOpcodes[] = {
      {0x80, &Machine::Protocol},
      {0x95, &Machine::Frame},
      {'N', &Machine::Constant<K::kNone>},
      {0x88, &Machine::Constant<K::kBool, 1>},
      {0x89, &Machine::Constant<K::kBool, 0>},
      {'K', &Machine::Integer<std::uint8_t>},
      {'M', &Machine::Integer<std::uint16_t>},
      {'J', &Machine::Integer<std::int32_t>},
      {0x8A, &Machine::LongInteger},
      {'G', &Machine::Float},
      {'X', &Machine::Sized<K::kText, std::uint32_t>},
      {0x8C, &Machine::Sized<K::kText, std::uint8_t>},
      {0x8D, &Machine::Sized<K::kText, std::uint64_t>},
      {'U', &Machine::Sized<K::kText, std::uint8_t>},   // str of Python 2
      {'T', &Machine::Sized<K::kText, std::uint32_t>},  // the same, longer
      {'C', &Machine::Sized<K::kBytes, std::uint8_t>},
      {'B', &Machine::Sized<K::kBytes, std::uint32_t>},
      {0x8E, &Machine::Sized<K::kBytes, std::uint64_t>},
      {'q', &Machine::Put<std::uint8_t>},
      {'r', &Machine::Put<std::uint32_t>},
      {0x94, &Machine::Memoize},
      {'h', &Machine::Get<std::uint8_t>},
      {'j', &Machine::Get<std::uint32_t>},
      {'(', &Machine::Mark},
      {'0', &Machine::PopOne},
      {')', &Machine::Constant<K::kTuple>},
      {'t', &Machine::Tuple},
      {0x85, &Machine::TupleOf<1>},
      {0x86, &Machine::TupleOf<2>},
      {0x87, &Machine::TupleOf<3>},
      {']', &Machine::Constant<K::kList>},
      {'a', &Machine::Append},
      {'e', &Machine::Appends},
      {'}', &Machine::Constant<K::kDict>},
      {'s', &Machine::SetItem},
      {'u', &Machine::SetItems},
      {'c', &Machine::GlobalLines},
      {0x93, &Machine::GlobalFromStack},
      {'R', &Machine::Reduce},
      {0x81, &Machine::Reduce},  // NEWOBJ: the same for what is only written down
      {'b', &Machine::Build},
      {'Q', &Machine::Persistent},
  };
  static constexpr std::array<Step, 256> kSteps = [] {
    std::array<Step, 256> steps{};
    for (const Opcode& opcode : kOpcodes) steps[opcode.code] = opcode.run;
    return steps;
  }();
  return kSteps;
}

Result<Pickle> Machine::Run() {
  constexpr std::uint8_t stop = '.';
  for (std::size_t step = 0; step < PickleBounds::kMaxSteps; ++step) {
    CONSILIUM_ASSIGN_OR_RETURN(const auto code, stack_.Read<std::uint8_t>());
    if (code == stop) return stack_.Finish();
    const Step run = Steps()[code];
    if (run == nullptr) {
      return Fault("has opcode " + std::to_string(code) + ", which weights do not need");
    }
    CONSILIUM_RETURN_IF_ERROR((this->*run)());
  }
  return Fault("has more than " + std::to_string(PickleBounds::kMaxSteps) + " steps");
}

Status Machine::Protocol() {
  CONSILIUM_ASSIGN_OR_RETURN(const auto version, stack_.Read<std::uint8_t>());
  if (version >= 2 && version <= 5) return OkStatus();
  return Fault("is of protocol " + std::to_string(version) + ", expected 2 to 5");
}

Status Machine::Frame() { return stack_.Take(sizeof(std::uint64_t)).status(); }

Status Machine::Float() {
  CONSILIUM_RETURN_IF_ERROR(stack_.Take(sizeof(double)).status());
  return Push({.kind = PickleKind::kFloat});
}

Status Machine::LongInteger() {
  CONSILIUM_ASSIGN_OR_RETURN(const auto length, stack_.Read<std::uint8_t>());
  CONSILIUM_ASSIGN_OR_RETURN(const ByteView raw, stack_.Take(length));
  if (length > sizeof(std::int64_t)) {
    return Push({.kind = PickleKind::kBigInteger, .text = AsText(raw)});
  }
  const bool negative = length > 0 && (raw.back() & std::byte{0x80}) != std::byte{0};
  std::int64_t value = negative ? -1 : 0;
  std::ranges::copy(raw, std::as_writable_bytes(std::span(&value, 1)).begin());
  return Push({.kind = PickleKind::kInteger, .integer = value});
}

Status Machine::Tuple() {
  CONSILIUM_ASSIGN_OR_RETURN(std::vector<PickleRef> items, stack_.PopToMark());
  return Push({.kind = PickleKind::kTuple, .items = std::move(items)});
}

template <std::size_t kCount>
Status Machine::TupleOf() {
  std::vector<PickleRef> items(kCount);
  for (std::size_t i = kCount; i > 0; --i) {
    CONSILIUM_ASSIGN_OR_RETURN(items[i - 1], stack_.Pop());
  }
  return Push({.kind = PickleKind::kTuple, .items = std::move(items)});
}

Status Machine::Append() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef item, stack_.Pop());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef list, stack_.Top(PickleKind::kList));
  stack_[list].items.push_back(item);
  return OkStatus();
}

Status Machine::Appends() {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<PickleRef> added, stack_.PopToMark());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef list, stack_.Top(PickleKind::kList));
  std::vector<PickleRef>& items = stack_[list].items;
  items.insert(items.end(), added.begin(), added.end());
  return OkStatus();
}

Status Machine::SetItem() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef value, stack_.Pop());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef key, stack_.Pop());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef dict, stack_.Top(PickleKind::kDict));
  std::vector<PickleRef>& items = stack_[dict].items;
  items.insert(items.end(), {key, value});
  return OkStatus();
}

Status Machine::SetItems() {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<PickleRef> added, stack_.PopToMark());
  if (added.size() % 2 != 0) return Fault("has a key without a value");
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef dict, stack_.Top(PickleKind::kDict));
  std::vector<PickleRef>& items = stack_[dict].items;
  items.insert(items.end(), added.begin(), added.end());
  return OkStatus();
}

Status Machine::GlobalLines() {
  CONSILIUM_ASSIGN_OR_RETURN(const std::string_view module, stack_.TakeLine());
  CONSILIUM_ASSIGN_OR_RETURN(const std::string_view name, stack_.TakeLine());
  return Global(module, name);
}

Status Machine::GlobalFromStack() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef name, stack_.Pop());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef module, stack_.Pop());
  if (stack_[name].kind != PickleKind::kText || stack_[module].kind != PickleKind::kText) {
    return Fault("names something by what is no text");
  }
  return Global(stack_[module].text, stack_[name].text);
}

Status Machine::Global(std::string_view module, std::string_view name) {
  if (known_(module, name)) {
    return Push({.kind = PickleKind::kGlobal, .text = name, .module = module});
  }
  return InvalidArgument("holds " + ShownName(std::string(module).append(".").append(name)) +
                         ", which is code, not weights; expected a state dict, as written by "
                         "torch.save(model.state_dict(), FILE)");
}

Status Machine::Reduce() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef arguments, stack_.Pop());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef name, stack_.Pop());
  if (stack_[name].kind != PickleKind::kGlobal || stack_[arguments].kind != PickleKind::kTuple) {
    return Fault("calls what is no name");
  }
  if (IsOrderedDict(stack_[name])) return OrderedDict(stack_[arguments]);
  return Push({.kind = PickleKind::kCall, .items = {name, arguments}});
}

/// Empty, or as Python 2 wrote it, with a list of pairs.
Status Machine::OrderedDict(const PickleValue& arguments) {
  PickleValue dict{.kind = PickleKind::kDict};
  if (arguments.items.size() > 1) return Fault("has a dict of several lists");
  if (arguments.items.size() == 1) {
    for (const PickleRef ref : stack_[arguments.items[0]].items) {
      const PickleValue& pair = stack_[ref];
      // The same list may be called upon again and again.
      if (++pairs_ > PickleBounds::kMaxValues) return Fault("has too many pairs");
      if (pair.items.size() != 2) return Fault("has a dict of what are no pairs");
      dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
    }
  }
  return Push(std::move(dict));
}

Status Machine::Build() {
  CONSILIUM_RETURN_IF_ERROR(stack_.Pop().status());
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef object, stack_.Top());
  const PickleKind kind = stack_[object].kind;
  if (kind == PickleKind::kDict || kind == PickleKind::kCall) return OkStatus();
  return Fault("gives a state to what has none");
}

Status Machine::Persistent() {
  CONSILIUM_ASSIGN_OR_RETURN(const PickleRef id, stack_.Pop());
  return Push({.kind = PickleKind::kPersistent, .items = {id}});
}

}  // namespace

Result<Pickle> ReadPickle(ByteView input, KnownName known) { return Machine(input, known).Run(); }

}  // namespace consilium
