/// Numbers as text, the same in every table, figure and file. Undefined is a dash for people and
/// empty for programs. Locale-free. Threads: pure.
#pragma once

#include <optional>
#include <string>

namespace consilium {

inline constexpr int kShownDigits = 3;  ///< after the point

/// "0.612", "-0.030"; never "-0.000".
std::string FixedText(double value, int digits);
/// The shortest decimal that is read back as the same double: "0.1"; "" for none or not finite.
std::string ExactText(const std::optional<double>& value);

}  // namespace consilium
