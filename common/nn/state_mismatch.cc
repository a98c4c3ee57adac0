#include "common/nn/state_mismatch.h"

#include <string_view>

namespace consilium {
namespace {

constexpr std::size_t kNamesShown = 10;

std::string_view NameOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kFloat64:
      return "float64";
    case ElementType::kInt64:
      return "int64";
  }
  return "unknown";
}

/// "float32 [64,3,7,7]"
std::string Describe(const EntrySpec& entry) {
  std::string text = std::string(NameOf(entry.type)) + " [";
  for (std::size_t i = 0; i < entry.shape.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(entry.shape[i]);
  }
  return text + "]";
}

void AppendList(std::string_view title, const std::vector<std::string>& names, std::string& text) {
  if (names.empty()) return;
  text += (text.empty() ? "" : "; ") + std::string(title) + ": ";
  for (std::size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    text += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > kNamesShown) {
    text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  }
}

}  // namespace

void StateMismatch::Compare(const EntrySpec& given, const EntrySpec& expected) {
  if (given.type == expected.type && given.shape == expected.shape) return;
  different_.push_back(expected.name + " (" + Describe(given) + ", expected " + Describe(expected) +
                       ")");
}

Status StateMismatch::ToStatus() const {
  std::string text;
  AppendList("missing", missing_, text);
  AppendList("surplus", surplus_, text);
  AppendList("of another shape", different_, text);
  return text.empty() ? OkStatus() : InvalidArgument(text);
}

}  // namespace consilium
