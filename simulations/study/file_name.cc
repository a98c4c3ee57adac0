#include "simulations/study/file_name.h"

#include "common/base/random_stream.h"

#include <cctype>
#include <cstdio>

namespace consilium {

std::string FileNamePart(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    name += plain ? c : '_';
  }
  if (name == text && !name.starts_with('.')) return name;
  char suffix[16];
  std::snprintf(suffix, sizeof(suffix), "-%08x",
                static_cast<unsigned>(StreamSeed(0, {"file name", text})));
  return "_" + name + suffix;
}

}  // namespace consilium
