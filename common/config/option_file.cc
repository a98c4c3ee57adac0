#include "common/config/option_file.h"

#include "common/config/yaml_map.h"
#include "common/storage/file_io.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 1 << 20;

/// The value of one option as text; faults go to `context`.
std::string TextOf(const std::string& key, const YAML::Node& value, YamlContext& context) {
  if (value.IsScalar()) return value.Scalar();
  std::string text;
  if (!value.IsSequence()) context.Fail(value, key, "expected a value or a list");
  for (const auto& item : value) {
    if (!item.IsScalar()) {
      context.Fail(item, key, "expected a list of values");
      break;
    }
    text += (text.empty() ? "" : ",") + item.Scalar();
  }
  return text;
}

}  // namespace

std::string ArgumentOf(const FileOption& option) {
  return std::string("--").append(option.name).append("=").append(option.value);
}

Result<std::vector<FileOption>> ParseOptionFile(std::string_view yaml, const std::string& path,
                                                const std::vector<std::string>& known) {
  YamlContext context(path);
  std::vector<FileOption> options;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    YamlMap map(root, "", context);
    CONSILIUM_RETURN_IF_ERROR(context.status());
    for (const auto& entry : root) {
      const std::string& key = entry.first.Scalar();
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        context.Fail(entry.first, key, "no such option, see --help");
      }
      if (!context.ok()) break;
      options.push_back({key, TextOf(key, entry.second, context), entry.first.Mark().line + 1});
    }
  } catch (const YAML::Exception& fault) {
    context.Fail(fault.mark.line < 0 ? 1 : fault.mark.line + 1, "not YAML: " + fault.msg);
  }
  CONSILIUM_RETURN_IF_ERROR(context.status());
  return options;
}

Result<std::vector<FileOption>> ReadOptionFile(const std::string& path,
                                               const std::vector<std::string>& known) {
  const Result<Bytes> bytes = ReadFile(path, kMaxFile);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return ParseOptionFile(AsText(*bytes), path, known);
}

}  // namespace consilium
