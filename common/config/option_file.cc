#include "common/config/option_file.h"

#include "common/config/yaml_map.h"
#include "common/storage/file_io.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 1 << 20;

/// Adds the arguments of one key; faults go to `context`.
void AddOption(const std::string& key, const YAML::Node& value, YamlContext& context,
               std::vector<std::string>& arguments) {
  if (value.IsScalar() && value.Scalar() == "true") {
    arguments.push_back("--" + key);
    return;
  }
  if (value.IsScalar() && value.Scalar() == "false") return;
  std::string text;
  if (value.IsScalar()) {
    text = value.Scalar();
  } else if (value.IsSequence()) {
    for (const auto& item : value) {
      if (!item.IsScalar()) context.Fail(item, key, "expected a list of values");
      if (item.IsScalar()) text += (text.empty() ? "" : ",") + item.Scalar();
    }
  } else {
    context.Fail(value, key, "expected a value or a list");
  }
  arguments.push_back("--" + key);
  arguments.push_back(text);
}

}  // namespace

Result<std::vector<std::string>> ParseOptionFile(std::string_view yaml, const std::string& path,
                                                 const std::vector<std::string>& known) {
  YamlContext context(path);
  std::vector<std::string> arguments;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    YamlMap map(root, "", context);
    CONSILIUM_RETURN_IF_ERROR(context.status());
    for (const auto& entry : root) {
      const std::string& key = entry.first.Scalar();
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        context.Fail(entry.first, key, "no such option, see --help");
      }
      AddOption(key, entry.second, context, arguments);
    }
  } catch (const YAML::Exception& fault) {
    context.Fail(fault.mark.line < 0 ? 1 : fault.mark.line + 1, "not YAML: " + fault.msg);
  }
  CONSILIUM_RETURN_IF_ERROR(context.status());
  return arguments;
}

Result<std::vector<std::string>> ReadOptionFile(const std::string& path,
                                                const std::vector<std::string>& known) {
  const Result<Bytes> bytes = ReadFile(path, kMaxFile);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return ParseOptionFile(AsText(*bytes), path, known);
}

}  // namespace consilium
