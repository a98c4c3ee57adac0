#include "simulations/report/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace consilium {

std::string FixedText(double value, int digits) {
  std::array<char, 400> text{};  // the largest double has 309 digits before the point
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, digits);
  std::string fixed(text.data(), end.ptr);
  if (fixed.starts_with('-') && fixed.find_first_not_of("-0.") == std::string::npos) {
    fixed.erase(0, 1);
  }
  return fixed;
}

std::string ExactText(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return "";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), *value);
  return {text.data(), end.ptr};
}

}  // namespace consilium
