#include "common/storage/blob_name.h"

#include <algorithm>

namespace consilium {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= 128 && part != "." && part != ".." &&
         !part.ends_with(kDraftSuffix) && std::all_of(part.begin(), part.end(), IsNameCharacter);
}

}  // namespace

Status ValidateBlobName(std::string_view name) {
  std::string_view rest = name;
  while (true) {
    const std::size_t slash = rest.find('/');
    if (!IsNamePart(rest.substr(0, slash))) {
      return InvalidArgument("blob name '" + std::string(name) +
                             "' is not made of parts of [A-Za-z0-9._-] joined by '/'");
    }
    if (slash == std::string_view::npos) return OkStatus();
    rest = rest.substr(slash + 1);
  }
}

}  // namespace consilium
