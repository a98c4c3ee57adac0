/// One YAML mapping, read key by key with errors that name file, line and field.
///
///   YamlMap map(node, "rounds", context);
///   map.Read("quorum", options.quorum);
///   map.Finish();                                // keys that nobody asked for are errors
///   return context.status();
///
/// Errors name the line of the key, what was found and what is allowed. The first is kept and what
/// comes after it reads nothing, so callers check once. Lists are bounded, since three bytes of an
/// alias repeat a whole list. Private to this folder. Threads: none inside.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
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
  /// `node`: the field's key, or an item of a list.
  void Remember(const std::string& field, const YAML::Node& node);
  /// Keeps "FILE:LINE: FIELD: `fault`", unless there was an error before.
  void Fail(const YAML::Node& node, const std::string& field, const std::string& fault);
  void Fail(int line, const std::string& message);
  /// The same at the line where `field`, or the nearest part above it, stands.
  void FailAt(const std::string& field, const std::string& fault);
  /// The line of `field` or of the nearest part above it that the file holds, from 1.
  int LineOf(std::string_view field) const;

 private:
  std::string file_;
  Status status_;
  std::map<std::string, int, std::less<>> lines_;
};

/// What a person sees there: "'x'", "a list", "keys with values" or "nothing".
std::string DescribeNode(const YAML::Node& node);
/// The text of a scalar for a message: in quotes, cut, without control characters.
std::string QuotedForMessage(std::string_view text);
/// "tasks[2]"
std::string ItemField(const std::string& list, std::size_t index);

class YamlMap {
 public:
  YamlMap(const YAML::Node& node, std::string path, YamlContext& context);

  /// Leave `value` as it is if the key is absent.
  void Read(std::string_view key, std::string& value, std::string_view allowed = "one value");
  void Read(std::string_view key, bool& value);
  void Read(std::string_view key, Millis& value);  ///< 1500ms, 30s, 10min
  void Read(std::string_view key, std::vector<int>& values);
  void Read(std::string_view key, std::vector<std::string>& values);
  /// `allowed`: the range, as ValidatePlan names it; checked there.
  template <typename Number>
  requires(std::is_arithmetic_v<Number> &&
           !std::is_same_v<Number, bool>) void Read(std::string_view key, Number& value,
                                                    std::string_view allowed) {
    if (const YAML::Node node = Take(key)) ReadNumber(node, Field(key), value, allowed);
  }
  /// A value that `parse` (Result<Choice> of a text) knows.
  template <typename Choice>
  void Read(std::string_view key, Choice& value, Result<Choice> (*parse)(std::string_view)) {
    const YAML::Node node = Take(key);
    if (!node) return;
    const Result<Choice> parsed = parse(node.IsScalar() ? node.Scalar() : std::string());
    if (node.IsScalar() && parsed.ok()) {
      value = *parsed;
    } else {
      FailChoice(node, key, parsed.status().message());
    }
  }
  /// The node under `key`, or an invalid one; counts as asked for.
  YAML::Node Take(std::string_view key);
  std::string Field(std::string_view key) const;
  YamlContext& context() { return context_; }
  /// Fails unless `node` is a list of at most `most` items.
  bool IsList(const YAML::Node& node, std::string_view key, std::string_view allowed,
              std::size_t most);
  void Finish();

 private:
  bool ReadText(const YAML::Node& node, const std::string& field, std::string& text,
                std::string_view allowed);
  template <typename Number>
  void ReadNumber(const YAML::Node& node, const std::string& field, Number& value,
                  std::string_view allowed) {
    std::string text;
    if (!ReadText(node, field, text, allowed)) return;
    Number parsed{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    bool read = error == std::errc() && end == text.data() + text.size();
    if constexpr (std::is_floating_point_v<Number>) read = read && std::isfinite(parsed);
    if (!read) {
      FailNumber(field, text, std::is_floating_point_v<Number>, allowed);
      return;
    }
    value = parsed;
  }
  void FailNumber(const std::string& field, const std::string& text, bool fractions,
                  std::string_view allowed);
  /// `message` may begin with the key itself, as messages of the parse functions do.
  void FailChoice(const YAML::Node& node, std::string_view key, std::string message);

  YAML::Node node_;
  std::string path_;
  YamlContext& context_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace consilium
