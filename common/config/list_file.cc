#include "common/config/list_file.h"

#include "common/config/yaml_map.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <optional>
#include <set>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 1 << 20;

/// The option that `key` means, itself or in the plural.
std::optional<std::string> NameOf(const std::string& key, const std::vector<std::string>& known) {
  if (std::ranges::find(known, key) != known.end()) return key;
  if (!key.ends_with('s')) return std::nullopt;
  const std::string singular = key.substr(0, key.size() - 1);
  if (std::ranges::find(known, singular) != known.end()) return singular;
  return std::nullopt;
}

std::string Listed(const std::vector<std::string>& known) {
  std::string text;
  for (const std::string& name : known) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

void ReadValues(const YAML::Node& node, const std::string& key, ListedOption& option,
                YamlContext& context) {
  const auto add = [&](const YAML::Node& value) {
    option.values.push_back({value.Scalar(), value.Mark().line + 1});
  };
  if (node.IsScalar()) {
    add(node);
    return;
  }
  if (!node.IsSequence() || node.size() == 0) {
    context.Fail(node, key, "expected a value, or a list of at least one");
    return;
  }
  option.list = true;
  std::set<std::string> seen;
  for (const auto& item : node) {
    if (!item.IsScalar()) {
      context.Fail(item, key, "expected a list of single values");
      return;
    }
    if (!seen.insert(item.Scalar()).second) {
      context.Fail(item, key, std::string("'").append(item.Scalar()).append("' stands here twice"));
      return;
    }
    add(item);
  }
}

/// One field; its own context, so that a fault in it does not hide those of others.
Result<ListedOption> ReadField(const YAML::Node& key, const YAML::Node& value,
                               const std::string& path, const std::vector<std::string>& known) {
  YamlContext context(path);
  ListedOption option;
  if (!key.IsScalar()) {
    context.Fail(key, "", "a key that is no text");
    return context.status();
  }
  const std::optional<std::string> name = NameOf(key.Scalar(), known);
  if (!name) {
    context.Fail(key, key.Scalar(), "no such option, expected one of " + Listed(known));
    return context.status();
  }
  option.name = *name;
  option.line = key.Mark().line + 1;
  ReadValues(value, key.Scalar(), option, context);
  CONSILIUM_RETURN_IF_ERROR(context.status());
  return option;
}

}  // namespace

Result<std::vector<ListedOption>> ParseListFile(std::string_view yaml, const std::string& path,
                                                const std::vector<std::string>& known) {
  std::vector<ListedOption> options;
  std::string faults;
  const auto fault = [&](const Status& status) {
    faults.append(faults.empty() ? "" : "\n").append(status.message());
  };
  YamlContext whole(path);
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root.IsMap()) whole.Fail(root, "", "expected options with values");
    CONSILIUM_RETURN_IF_ERROR(whole.status());
    std::set<std::string> seen;
    for (const auto& entry : root) {
      Result<ListedOption> option = ReadField(entry.first, entry.second, path, known);
      if (option.ok() && !seen.insert(option->name).second) {
        YamlContext context(path);
        context.Fail(entry.first, entry.first.Scalar(), "stands here twice");
        option = context.status();
      }
      if (option.ok()) {
        options.push_back(*std::move(option));
      } else {
        fault(option.status());
      }
    }
  } catch (const YAML::Exception& error) {
    whole.Fail(error.mark.line < 0 ? 1 : error.mark.line + 1, "not YAML: " + error.msg);
    return whole.status();
  }
  if (!faults.empty()) return InvalidArgument(faults);
  return options;
}

Result<std::vector<ListedOption>> ReadListFile(const std::string& path,
                                               const std::vector<std::string>& known) {
  const Result<Bytes> bytes = ReadFile(path, kMaxFile);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return ParseListFile(AsText(*bytes), path, known);
}

}  // namespace consilium
