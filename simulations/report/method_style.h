/// How each method looks, in every figure and table: colour, marker, dash.
///
/// Colours differ for all common kinds of colour blindness; in grey, markers and dashes tell
/// methods apart. Known methods always look the same; others take what is left, in order of name.
/// Threads: plain values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

enum class Marker { kCircle, kSquare, kTriangle, kDiamond, kTriangleDown, kPlus, kCross, kHexagon };

struct MethodStyle {
  std::string_view css_class;  ///< "m0" to "m7"; a page gives it another colour on dark ground
  std::string_view color;      ///< on light ground, "#rrggbb"
  std::string_view dark_color;
  Marker marker = Marker::kCircle;
  std::string_view dash;  ///< of lines, as stroke-dasharray; "" is solid
};

/// All looks, in the order of their classes.
const std::vector<MethodStyle>& MethodLooks();

class MethodStyles {
 public:
  explicit MethodStyles(std::vector<std::string> methods);
  /// A method that was not among those given looks like the first look.
  const MethodStyle& Of(const std::string& method) const;

 private:
  std::map<std::string, std::size_t> looks_;
};

}  // namespace consilium
