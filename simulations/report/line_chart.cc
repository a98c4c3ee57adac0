#include "simulations/report/line_chart.h"

#include "simulations/report/axis.h"
#include "simulations/report/legend.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

constexpr double kTop = 28;
constexpr double kLeft = 58;
constexpr double kRight = 12;

struct Axes {
  Axis x, y;
  Point Pixel(const Point& value) const { return {x.Pixel(value.x), y.Pixel(value.y)}; }
};

void KeepWholeTicks(Axis& axis) {
  std::erase_if(axis.ticks, [](double tick) { return tick != std::round(tick); });
  axis.digits = 0;
}

Axes AxesOf(const LineChart& chart) {
  const double right = chart.width - kRight;
  const double plot_width = right - kLeft;
  const double bottom = kTop + (chart.unit_square ? plot_width : 0.6 * plot_width);
  const int ticks = chart.width < 300 ? 4 : 7;
  if (chart.unit_square) {
    return {MakeAxis(0, 1, kLeft, right, ticks), MakeAxis(0, 1, bottom, kTop, ticks)};
  }
  Point low;
  Point high;
  bool first = true;
  for (const Curve& curve : chart.curves) {
    for (const Point& point : curve.points) {
      low = first ? point : Point{std::min(low.x, point.x), std::min(low.y, point.y)};
      high = first ? point : Point{std::max(high.x, point.x), std::max(high.y, point.y)};
      first = false;
    }
  }
  if (chart.y_range) {
    low.y = std::min(low.y, chart.y_range->first);
    high.y = std::max(high.y, chart.y_range->second);
  }
  Axis x = MakeAxis(low.x, high.x, kLeft, right, ticks);
  if (chart.whole_x) KeepWholeTicks(x);
  return {x, MakeAxis(low.y, high.y, bottom, kTop, ticks)};
}

void DrawFrame(Svg& svg, const LineChart& chart, const Axes& axes) {
  const double bottom = axes.y.first_pixel;
  const double right = axes.x.last_pixel;
  for (const double tick : axes.x.ticks) {
    const double x = axes.x.Pixel(tick);
    svg.Line({x, kTop}, {x, bottom}, {.opacity = 0.13});
    svg.Text({x, bottom + 16}, axes.x.TickText(tick),
             {.anchor = Anchor::kMiddle, .size = 11, .opacity = 0.8});
  }
  for (const double tick : axes.y.ticks) {
    const double y = axes.y.Pixel(tick);
    svg.Line({kLeft, y}, {right, y}, {.opacity = 0.13});
    svg.Text({kLeft - 7, y + 4}, axes.y.TickText(tick),
             {.anchor = Anchor::kEnd, .size = 11, .opacity = 0.8});
  }
  svg.Line({kLeft, bottom}, {right, bottom}, {.opacity = 0.6});
  svg.Line({kLeft, kTop}, {kLeft, bottom}, {.opacity = 0.6});
  if (chart.unit_square) {
    svg.Line({kLeft, bottom}, {right, kTop}, {.opacity = 0.45, .dash = "4 4"});
  }
  svg.Text({(kLeft + right) / 2, bottom + 34}, chart.x_name, {.anchor = Anchor::kMiddle});
  svg.Text({12, (kTop + bottom) / 2}, chart.y_name, {.anchor = Anchor::kMiddle, .degrees = -90});
}

void DrawCurve(Svg& svg, const Curve& curve, const Axes& axes, std::size_t order) {
  if (curve.points.empty()) return;
  std::vector<Point> pixels;
  pixels.reserve(curve.points.size());
  for (const Point& point : curve.points) pixels.push_back(axes.Pixel(point));
  svg.BeginGroup(curve.style);
  svg.Polyline(pixels, {.width = 1.8, .dash = curve.style.dash});
  if (!curve.hovers.empty()) {
    for (std::size_t p = 0; p < pixels.size(); ++p) {
      svg.Mark(curve.style.marker, pixels[p], 3.8, curve.hovers[p]);
    }
  } else {
    // Three markers, shifted from curve to curve so that they do not cover each other.
    const std::size_t step = std::max<std::size_t>(1, pixels.size() / 4);
    for (std::size_t p = step / 2 + order * step / 9; p < pixels.size(); p += step) {
      svg.Mark(curve.style.marker, pixels[p], 3.8, curve.label);
    }
  }
  svg.EndGroup();
}

}  // namespace

std::string DrawLineChart(const LineChart& chart) {
  const Axes axes = AxesOf(chart);
  Svg svg(chart.id, chart.width, chart.title, chart.description);
  svg.Text({0, 16}, Shortened(chart.title, chart.width, 14.5), {.size = 13.5, .bold = true});
  DrawFrame(svg, chart, axes);
  std::vector<LegendEntry> entries;
  for (std::size_t c = 0; c < chart.curves.size(); ++c) {
    DrawCurve(svg, chart.curves[c], axes, c);
    entries.push_back({chart.curves[c].label, chart.curves[c].style});
  }
  double height = axes.y.first_pixel + 42;
  if (chart.legend && !entries.empty()) {
    height += DrawLegend(svg, entries, LegendSample::kLine, {kLeft, height}, chart.width) + 6;
  }
  return svg.Finish(height);
}

}  // namespace consilium
