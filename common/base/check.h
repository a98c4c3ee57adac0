/// CONSILIUM_CHECK(condition): a bug here if it does not hold. Prints the place and aborts.
/// For what a caller or a foreign byte can get wrong, return a Status instead.
#pragma once

namespace consilium {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace consilium

#define CONSILIUM_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::consilium::CheckFailed(#condition, __FILE__, __LINE__))
