#include "simulations/report/svg.h"

#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"

#include <array>
#include <cmath>
#include <numbers>

namespace consilium {
namespace {

/// Two digits are finer than any screen: "12.5", "7".
std::string Px(double value) {
  std::string text = FixedText(value, 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string PointsOf(const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    Append(text, {text.empty() ? "" : " ", Px(point.x), ",", Px(point.y)});
  }
  return text;
}

std::string StrokeOf(const Stroke& stroke) {
  std::string text = Concat({" stroke=\"currentColor\" stroke-width=\"", Px(stroke.width), "\""});
  if (stroke.opacity < 1) Append(text, {" stroke-opacity=\"", Px(stroke.opacity), "\""});
  if (!stroke.dash.empty()) Append(text, {" stroke-dasharray=\"", stroke.dash, "\""});
  return text;
}

/// Corners of a regular polygon, or of one squeezed, around the center.
std::string Polygon(Point center, double radius, int corners, double first_degrees) {
  std::vector<Point> points;
  points.reserve(static_cast<std::size_t>(corners));
  for (int c = 0; c < corners; ++c) {
    const double angle = (first_degrees + 360.0 * c / corners) * std::numbers::pi / 180;
    points.push_back({center.x + radius * std::cos(angle), center.y + radius * std::sin(angle)});
  }
  return Concat({"<polygon points=\"", PointsOf(points), "\" fill=\"currentColor\""});
}

/// "+" turned by `degrees`.
std::string Crossed(Point center, double radius, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const Point arm = {radius * std::cos(angle), radius * std::sin(angle)};
  return Concat({"<path d=\"M", Px(center.x - arm.x), ",", Px(center.y - arm.y), "L",
                 Px(center.x + arm.x), ",", Px(center.y + arm.y), "M", Px(center.x - arm.y), ",",
                 Px(center.y + arm.x), "L", Px(center.x + arm.y), ",", Px(center.y - arm.x),
                 "\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.4\""});
}

/// The open tag of a marker, without its '>'. Areas look alike, so radii differ.
std::string MarkerShape(Marker marker, Point center, double radius, std::string_view& name) {
  name = "polygon";
  switch (marker) {
    case Marker::kCircle:
      name = "circle";
      return Concat({"<circle cx=\"", Px(center.x), "\" cy=\"", Px(center.y), "\" r=\"", Px(radius),
                     "\" fill=\"currentColor\""});
    case Marker::kSquare:
      return Polygon(center, 1.25 * radius, 4, 45);
    case Marker::kTriangle:
      return Polygon({center.x, center.y + 0.2 * radius}, 1.35 * radius, 3, -90);
    case Marker::kDiamond:
      return Polygon(center, 1.3 * radius, 4, 0);
    case Marker::kTriangleDown:
      return Polygon({center.x, center.y - 0.2 * radius}, 1.35 * radius, 3, 90);
    case Marker::kHexagon:
      return Polygon(center, 1.1 * radius, 6, 0);
    case Marker::kPlus:
      name = "path";
      return Crossed(center, 1.2 * radius, 0);
    case Marker::kCross:
      name = "path";
      return Crossed(center, 1.2 * radius, 45);
  }
  return "";
}

}  // namespace

double TextWidth(std::string_view text, double size) {
  return 0.56 * size * static_cast<double>(CharactersOf(text));
}

std::string Shortened(std::string_view text, double width, double size) {
  std::string shown(text);
  while (!shown.empty() && TextWidth(shown, size) > width) {
    // The ellipsis of the last turn, and one more character.
    if (shown.ends_with("…")) shown.resize(shown.size() - std::string_view("…").size());
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0) == 0x80) {
      shown.pop_back();
    }
    if (!shown.empty()) shown.pop_back();
    shown += "…";
    if (shown == "…") break;
  }
  return shown;
}

Svg::Svg(std::string_view id, double width, std::string_view title, std::string_view description)
    : id_(PlainName(id)),
      width_(width),
      title_(EscapeHtml(title)),
      description_(EscapeHtml(description)) {}

void Svg::BeginGroup(const MethodStyle& style) {
  Append(body_, {"<g class=\"", style.css_class, "\" color=\"", style.color, "\">\n"});
}

void Svg::EndGroup() { body_ += "</g>\n"; }

void Svg::Line(Point from, Point to, const Stroke& stroke) {
  Append(body_, {"<line x1=\"", Px(from.x), "\" y1=\"", Px(from.y), "\" x2=\"", Px(to.x),
                 "\" y2=\"", Px(to.y), "\"", StrokeOf(stroke), "/>\n"});
}

void Svg::Polyline(const std::vector<Point>& points, const Stroke& stroke) {
  Append(body_, {"<polyline points=\"", PointsOf(points), "\" fill=\"none\"", StrokeOf(stroke),
                 " stroke-linejoin=\"round\"/>\n"});
}

void Svg::Bar(Point corner, double width, double height, double opacity) {
  Append(body_, {"<rect x=\"", Px(corner.x), "\" y=\"", Px(corner.y), "\" width=\"", Px(width),
                 "\" height=\"", Px(height), "\" fill=\"currentColor\" fill-opacity=\"",
                 Px(opacity), "\"/>\n"});
}

void Svg::Mark(Marker marker, Point center, double radius, std::string_view hover, double opacity) {
  std::string_view name;
  body_ += MarkerShape(marker, center, radius, name);
  if (opacity < 1) Append(body_, {" opacity=\"", Px(opacity), "\""});
  if (hover.empty()) {
    body_ += "/>\n";
  } else {
    Append(body_, {"><title>", EscapeHtml(hover), "</title></", name, ">\n"});
  }
}

void Svg::Text(Point at, std::string_view text, const TextLook& look) {
  constexpr std::array<std::string_view, 3> kAnchors = {"start", "middle", "end"};
  Append(body_, {"<text x=\"", Px(at.x), "\" y=\"", Px(at.y), "\" font-size=\"", Px(look.size),
                 "\" text-anchor=\"", kAnchors[static_cast<std::size_t>(look.anchor)], "\""});
  if (look.opacity < 1) Append(body_, {" fill-opacity=\"", Px(look.opacity), "\""});
  if (look.bold) body_ += " font-weight=\"600\"";
  if (look.degrees != 0) {
    Append(body_, {" transform=\"rotate(", Px(look.degrees), " ", Px(at.x), " ", Px(at.y), ")\""});
  }
  Append(body_, {">", EscapeHtml(text), "</text>\n"});
}

std::string Svg::Finish(double height) const {
  return Concat(
      {"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" id=\"",
       id_,
       "\" viewBox=\"0 0 ",
       Px(width_),
       " ",
       Px(height),
       "\" width=\"",
       Px(width_),
       "\" height=\"",
       Px(height),
       "\" role=\"img\" aria-labelledby=\"",
       id_,
       "-title ",
       id_,
       "-desc\" color=\"#1d2430\" fill=\"currentColor\" ",
       "font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">\n",
       "<title id=\"",
       id_,
       "-title\">",
       title_,
       "</title>\n<desc id=\"",
       id_,
       "-desc\">",
       description_,
       "</desc>\n",
       body_,
       "</svg>\n"});
}

}  // namespace consilium
