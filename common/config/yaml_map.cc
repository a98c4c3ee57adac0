#include "common/config/yaml_map.h"

#include <array>
#include <utility>

namespace consilium {
namespace {

constexpr std::size_t kMostItems = 1000;
constexpr std::size_t kMostShown = 60;

int LineOfNode(const YAML::Node& node) { return node.Mark().line < 0 ? 1 : node.Mark().line + 1; }

}  // namespace

void YamlContext::Remember(const std::string& field, const YAML::Node& node) {
  lines_[field] = LineOfNode(node);
}

void YamlContext::Fail(const YAML::Node& node, const std::string& field, const std::string& fault) {
  Fail(LineOfNode(node), (field.empty() ? "" : field + ": ") + fault);
}

void YamlContext::Fail(int line, const std::string& message) {
  if (!status_.ok()) return;
  status_ = InvalidArgument(file_ + ":" + std::to_string(line) + ": " + message);
}

void YamlContext::FailAt(const std::string& field, const std::string& fault) {
  std::string message = field;
  message.append(field.empty() ? "" : ": ").append(fault);
  Fail(LineOf(field), message);
}

int YamlContext::LineOf(std::string_view field) const {
  for (;;) {
    if (const auto found = lines_.find(field); found != lines_.end()) return found->second;
    const std::size_t part = field.find_last_of(".[");
    if (part == std::string_view::npos) return 1;
    field = field.substr(0, part);
  }
}

std::string QuotedForMessage(std::string_view text) {
  std::string shown("'");
  for (const char c : text.substr(0, kMostShown)) {
    shown.push_back(static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c);
  }
  return shown.append(text.size() > kMostShown ? "...'" : "'");
}

std::string DescribeNode(const YAML::Node& node) {
  if (node.IsScalar()) return QuotedForMessage(node.Scalar());
  if (node.IsSequence()) return "a list";
  return node.IsMap() ? "keys with values" : "nothing";
}

std::string ItemField(const std::string& list, std::size_t index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}

YamlMap::YamlMap(const YAML::Node& node, std::string path, YamlContext& context)
    : node_(node), path_(std::move(path)), context_(context) {
  if (!node_.IsMap()) {
    std::string fault("expected keys with values, found ");
    fault.append(DescribeNode(node_));
    if (path_.empty()) {
      context_.Fail(node_, "", fault);
    } else {
      context_.FailAt(path_, fault);
    }
    return;
  }
  if (node_.size() > kMostItems) {
    context_.Fail(node_, path_,
                  "expected at most 1000 keys, found " + std::to_string(node_.size()));
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      context_.Fail(entry.first, path_, "a key that is no text");
    } else if (!seen.insert(entry.first.Scalar()).second) {
      context_.Fail(entry.first, Field(entry.first.Scalar()), "stands here twice");
    }
  }
}

std::string YamlMap::Field(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

YAML::Node YamlMap::Take(std::string_view key) {
  asked_.emplace(key);
  if (!context_.ok()) return YAML::Node(YAML::NodeType::Undefined);
  for (const auto& entry : node_) {
    if (entry.first.Scalar() != key) continue;
    context_.Remember(Field(key), entry.first);
    return entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool YamlMap::ReadText(const YAML::Node& node, const std::string& field, std::string& text,
                       std::string_view allowed) {
  if (!node.IsScalar()) {
    std::string fault("expected ");
    context_.FailAt(field, fault.append(allowed).append(", found ").append(DescribeNode(node)));
    return false;
  }
  text = node.Scalar();
  return true;
}

void YamlMap::FailNumber(const std::string& field, const std::string& text, bool fractions,
                         std::string_view allowed) {
  std::string fault = QuotedForMessage(text);
  fault.append(fractions ? " is not a finite number" : " is not a whole number in range");
  context_.FailAt(field, fault.append(", expected ").append(allowed));
}

bool YamlMap::IsList(const YAML::Node& node, std::string_view key, std::string_view allowed,
                     std::size_t most) {
  if (node.IsSequence() && node.size() <= most) return true;
  std::string fault("expected ");
  fault.append(allowed).append(", at most ").append(std::to_string(most)).append(", found ");
  fault.append(node.IsSequence() ? std::to_string(node.size()) : DescribeNode(node));
  context_.FailAt(Field(key), fault);
  return false;
}

void YamlMap::Read(std::string_view key, std::string& value, std::string_view allowed) {
  if (const YAML::Node node = Take(key)) ReadText(node, Field(key), value, allowed);
}

void YamlMap::Read(std::string_view key, bool& value) {
  std::string text;
  const YAML::Node node = Take(key);
  if (!node || !ReadText(node, Field(key), text, "true or false")) return;
  if (text != "true" && text != "false") {
    context_.FailAt(Field(key), QuotedForMessage(text).append(" is not true or false"));
    return;
  }
  value = text == "true";
}

void YamlMap::Read(std::string_view key, Millis& value) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits = {
      {{"ms", 1}, {"min", 60'000}, {"s", 1000}}};
  constexpr std::int64_t kLongest = 1'000'000'000;
  std::string text;
  const YAML::Node node = Take(key);
  constexpr std::string_view kAllowed = "more than 0 ms, as 1500ms, 30s or 10min";
  if (!node || !ReadText(node, Field(key), text, kAllowed)) return;
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  for (const auto& [unit, millis] : kUnits) {
    if (error == std::errc() && unit == rest && count >= 0 && count <= kLongest) {
      value = Millis(count * millis);
      return;
    }
  }
  std::string fault = QuotedForMessage(text);
  context_.FailAt(Field(key), fault.append(" is no duration, expected ").append(kAllowed));
}

void YamlMap::Read(std::string_view key, std::vector<int>& values) {
  const YAML::Node node = Take(key);
  if (!node) return;
  if (!IsList(node, key, "a list of whole numbers", kMostItems)) return;
  values.clear();
  for (const auto& item : node) {
    const std::string field = ItemField(Field(key), values.size());
    context_.Remember(field, item);
    ReadNumber(item, field, values.emplace_back(), "a whole number");
  }
}

void YamlMap::Read(std::string_view key, std::vector<std::string>& values) {
  const YAML::Node node = Take(key);
  if (!node) return;
  if (!IsList(node, key, "a list of names", kMostItems)) return;
  values.clear();
  for (const auto& item : node) {
    const std::string field = ItemField(Field(key), values.size());
    context_.Remember(field, item);
    ReadText(item, field, values.emplace_back(), "a name");
  }
}

void YamlMap::FailChoice(const YAML::Node& node, std::string_view key, std::string message) {
  constexpr std::string_view kExpected = "expected ";
  const std::size_t colon = message.find(": ");
  if (message.substr(0, colon) == key) message = message.substr(colon + 2);
  if (const std::size_t known = message.rfind(kExpected); known != std::string::npos) {
    std::string fault = DescribeNode(node);
    fault.append(node.IsScalar() ? " is unknown, " : ", ").append(message, known);
    message = node.IsScalar() ? fault : std::string("found ").append(fault);
  }
  context_.FailAt(Field(key), message);
}

void YamlMap::Finish() {
  if (!context_.ok()) return;
  for (const auto& entry : node_) {
    if (asked_.contains(entry.first.Scalar())) continue;
    std::string known;
    for (const std::string& key : asked_) known += (known.empty() ? "" : ", ") + key;
    context_.Fail(entry.first, Field(entry.first.Scalar()),
                  "no such key, expected one of " + known);
    return;
  }
}

}  // namespace consilium
