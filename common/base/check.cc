#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace consilium {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: internal check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace consilium
