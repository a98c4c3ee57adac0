/// One YAML mapping, read key by key with errors that name file, line and field.
///
///   YamlMap map(node, "rounds", context);
///   map.Read("quorum", options.quorum);
///   map.Finish();                                // keys that nobody asked for are errors
///   return context.status();
///
/// The first error is kept and everything after it reads nothing, so callers check once. Private to
/// this folder. Threads: none inside.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace consilium {

/// One file being read: its name, its first error, and where each field stands.
class YamlContext {
 public:
  explicit YamlContext(std::string file) : file_(std::move(file)) {}

  const Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }
  void Remember(const std::string& field, const YAML::Node& node);
  /// Keeps "FILE:LINE: FIELD: `fault`", unless there was an error before.
  void Fail(const YAML::Node& node, const std::string& field, const std::string& fault);
  void Fail(int line, const std::string& message);
  /// The line of `field` or of the nearest part above it that the file holds, from 1.
  int LineOf(std::string_view field) const;

 private:
  std::string file_;
  Status status_;
  std::map<std::string, int, std::less<>> lines_;
};

class YamlMap {
 public:
  YamlMap(const YAML::Node& node, std::string path, YamlContext& context);

  /// Leave `value` as it is if the key is absent.
  void Read(std::string_view key, std::string& value);
  void Read(std::string_view key, bool& value);
  void Read(std::string_view key, Millis& value);  ///< 1500ms, 30s, 10min
  void Read(std::string_view key, std::vector<int>& values);
  void Read(std::string_view key, std::vector<std::string>& values);
  template <typename Number>
  requires(std::is_arithmetic_v<Number> &&
           !std::is_same_v<Number, bool>) void Read(std::string_view key, Number& value) {
    if (const YAML::Node node = Take(key)) ReadNumber(node, Field(key), value);
  }
  /// A value that `parse` (Result<Choice> of a text) knows.
  template <typename Choice>
  void Read(std::string_view key, Choice& value, Result<Choice> (*parse)(std::string_view)) {
    std::string text;
    const YAML::Node node = Take(key);
    if (!node || !ReadText(node, Field(key), text)) return;
    auto parsed = parse(text);
    if (parsed.ok()) {
      value = *parsed;
    } else {
      FailWithoutField(node, key, parsed.status().message());
    }
  }
  /// The node under `key`, or an invalid one; counts as asked for.
  YAML::Node Take(std::string_view key);
  std::string Field(std::string_view key) const;
  YamlContext& context() { return context_; }
  void Finish();

 private:
  bool ReadText(const YAML::Node& node, const std::string& field, std::string& text);
  template <typename Number>
  void ReadNumber(const YAML::Node& node, const std::string& field, Number& value) {
    std::string text;
    if (!ReadText(node, field, text)) return;
    Number parsed{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc() || end != text.data() + text.size()) {
      context_.Fail(node, field,
                    "'" + text + "' is not a " +
                        (std::is_floating_point_v<Number> ? "number" : "whole number in range"));
      return;
    }
    value = parsed;
  }
  /// `message` may begin with the key itself, as messages of the parse functions do.
  void FailWithoutField(const YAML::Node& node, std::string_view key, std::string message);

  YAML::Node node_;
  std::string path_;
  YamlContext& context_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace consilium
