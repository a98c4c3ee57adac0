#include "common/version/version.h"

#include <consilium_commit.h>

namespace consilium {

std::string_view Version() { return CONSILIUM_VERSION; }

std::string VersionLine(std::string_view program) {
  return std::string(program) + " " + CONSILIUM_VERSION + " (commit " + CONSILIUM_COMMIT + ")";
}

}  // namespace consilium
