#include "common/config/yaml_map.h"

#include <array>
#include <utility>

namespace consilium {
namespace {

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

int YamlContext::LineOf(std::string_view field) const {
  for (;;) {
    if (const auto found = lines_.find(field); found != lines_.end()) return found->second;
    const std::size_t dot = field.rfind('.');
    if (dot == std::string_view::npos) return 1;
    field = field.substr(0, dot);
  }
}

YamlMap::YamlMap(const YAML::Node& node, std::string path, YamlContext& context)
    : node_(node), path_(std::move(path)), context_(context) {
  if (!node_.IsMap()) {
    context_.Fail(node_, path_, "expected keys with values");
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
  const YAML::Node found = std::as_const(node_)[std::string(key)];
  if (found) context_.Remember(Field(key), found);
  return found;
}

bool YamlMap::ReadText(const YAML::Node& node, const std::string& field, std::string& text) {
  if (!node.IsScalar()) {
    context_.Fail(node, field, "expected one value");
    return false;
  }
  text = node.Scalar();
  return true;
}

void YamlMap::Read(std::string_view key, std::string& value) {
  if (const YAML::Node node = Take(key)) ReadText(node, Field(key), value);
}

void YamlMap::Read(std::string_view key, bool& value) {
  std::string text;
  const YAML::Node node = Take(key);
  if (!node || !ReadText(node, Field(key), text)) return;
  if (text != "true" && text != "false") {
    context_.Fail(node, Field(key), "'" + text + "' is not true or false");
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
  if (!node || !ReadText(node, Field(key), text)) return;
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  for (const auto& [unit, millis] : kUnits) {
    if (error == std::errc() && unit == rest && count >= 0 && count <= kLongest) {
      value = Millis(count * millis);
      return;
    }
  }
  context_.Fail(node, Field(key), "'" + text + "' is no duration, expected 1500ms, 30s or 10min");
}

void YamlMap::Read(std::string_view key, std::vector<int>& values) {
  const YAML::Node node = Take(key);
  if (!node) return;
  if (!node.IsSequence()) {
    context_.Fail(node, Field(key), "expected a list of whole numbers");
    return;
  }
  values.clear();
  for (const auto& item : node) ReadNumber(item, Field(key), values.emplace_back());
}

void YamlMap::Read(std::string_view key, std::vector<std::string>& values) {
  const YAML::Node node = Take(key);
  if (!node) return;
  if (!node.IsSequence()) {
    context_.Fail(node, Field(key), "expected a list");
    return;
  }
  values.clear();
  for (const auto& item : node) ReadText(item, Field(key), values.emplace_back());
}

void YamlMap::FailWithoutField(const YAML::Node& node, std::string_view key, std::string message) {
  if (const std::string again = std::string(key) + ": "; message.starts_with(again)) {
    message = message.substr(again.size());
  }
  context_.Fail(node, Field(key), message);
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
