/// Writes one SVG picture that stands alone and reads well inside a page.
///
/// Colours: everything is drawn in `currentColor`; a group sets it by an attribute, which a page's
/// CSS may override by the group's class (dark ground). Title and description are in the picture,
/// for screen readers. Text is escaped here. Units: pixels; y grows downwards.
/// Threads: none inside.
#pragma once

#include "simulations/report/method_style.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct Point {
  double x = 0, y = 0;
};

struct Stroke {
  double width = 1;
  double opacity = 1;
  std::string_view dash;
};

enum class Anchor { kStart, kMiddle, kEnd };

struct TextLook {
  Anchor anchor = Anchor::kStart;
  double size = 12;
  double opacity = 1;
  bool bold = false;
  double degrees = 0;  ///< turned about its anchor, clockwise
};

/// About how wide a text is drawn.
double TextWidth(std::string_view text, double size = 12);
/// The text, cut with "…" where it would be wider.
std::string Shortened(std::string_view text, double width, double size = 12);

class Svg {
 public:
  /// `id` is unique in the page that will hold the picture.
  Svg(std::string_view id, double width, std::string_view title, std::string_view description);

  /// What follows until EndGroup has the method's colour.
  void BeginGroup(const MethodStyle& style);
  void EndGroup();
  void Line(Point from, Point to, const Stroke& stroke);
  void Polyline(const std::vector<Point>& points, const Stroke& stroke);
  void Bar(Point corner, double width, double height, double opacity);
  /// `hover`: shown by browsers when the pointer rests on it; may be empty.
  void Mark(Marker marker, Point center, double radius, std::string_view hover, double opacity = 1);
  void Text(Point at, std::string_view text, const TextLook& look = {});

  std::string Finish(double height) const;

 private:
  std::string id_;
  double width_;
  std::string title_;
  std::string description_;
  std::string body_;
};

}  // namespace consilium
