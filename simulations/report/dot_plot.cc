#include "simulations/report/dot_plot.h"

#include "simulations/report/axis.h"
#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"
#include "simulations/report/svg.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr double kWidth = 500;
constexpr double kTop = 34;  // below the title
constexpr double kRow = 24;
constexpr double kHeading = 22;
constexpr double kGap = 8;  // between groups
constexpr double kRight = 20;

struct Range {
  double low = 0;
  double high = 0;
  bool any = false;
  void Add(double value) {
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    any = true;
  }
};

Range RangeOf(const DotPlot& plot) {
  Range range;
  for (const DotGroup& group : plot.groups) {
    for (const DotRow& row : group.rows) {
      if (row.mean) range.Add(*row.mean);
      if (row.interval) range.Add(row.interval->first), range.Add(row.interval->second);
      for (const double value : row.values) range.Add(value);
    }
  }
  if (plot.reference) range.Add(plot.reference->value);
  return range;
}

double LabelWidth(const DotPlot& plot) {
  double width = 60;
  for (const DotGroup& group : plot.groups) {
    for (const DotRow& row : group.rows) width = std::max(width, TextWidth(row.label));
  }
  return std::min(width, 0.45 * kWidth);
}

double HeightOf(const DotPlot& plot) {
  double height = 0;
  for (const DotGroup& group : plot.groups) {
    if (!group.heading.empty()) height += kHeading;
    height += kRow * static_cast<double>(group.rows.size()) + kGap;
  }
  return height;
}

std::string HoverOf(const DotRow& row) {
  std::string text = Concat({row.name, ": ", FixedText(*row.mean, kShownDigits)});
  if (row.interval) {
    Append(text, {" (", FixedText(row.interval->first, kShownDigits), " to ",
                  FixedText(row.interval->second, kShownDigits), ")"});
  }
  return text;
}

void DrawRow(Svg& svg, const DotRow& row, const Axis& axis, double y) {
  svg.Text({axis.first_pixel - 12, y + 4}, Shortened(row.label, axis.first_pixel - 14),
           {.anchor = Anchor::kEnd});
  if (!row.mean) {
    svg.Text({axis.first_pixel + 6, y + 4}, "–", {.opacity = 0.7});
    return;
  }
  svg.BeginGroup(row.style);
  // Below the whiskers, which would cover them.
  for (const double value : row.values) {
    svg.Mark(Marker::kCircle, {axis.Pixel(value), y + 8}, 2.3, "", 0.7);
  }
  if (row.interval) {
    const double from = axis.Pixel(row.interval->first);
    const double to = axis.Pixel(row.interval->second);
    svg.Line({from, y}, {to, y}, {.width = 2});
    for (const double end : {from, to}) svg.Line({end, y - 4}, {end, y + 4}, {.width = 1.5});
  }
  svg.Mark(row.style.marker, {axis.Pixel(*row.mean), y}, 5.2, HoverOf(row));
  svg.EndGroup();
}

void DrawFrame(Svg& svg, const DotPlot& plot, const Axis& axis, double bottom) {
  for (const double tick : axis.ticks) {
    const double x = axis.Pixel(tick);
    svg.Line({x, kTop}, {x, bottom}, {.opacity = 0.13});
    svg.Text({x, bottom + 16}, axis.TickText(tick),
             {.anchor = Anchor::kMiddle, .size = 11, .opacity = 0.8});
  }
  svg.Line({axis.first_pixel, bottom}, {axis.last_pixel, bottom}, {.opacity = 0.6});
  svg.Text({(axis.first_pixel + axis.last_pixel) / 2, bottom + 34}, plot.value_name,
           {.anchor = Anchor::kMiddle});
  if (!plot.reference) return;
  const double x = axis.Pixel(plot.reference->value);
  svg.Line({x, kTop - 4}, {x, bottom}, {.width = 1.3, .opacity = 0.75, .dash = "5 4"});
  const bool left = x > (axis.first_pixel + axis.last_pixel) / 2;
  svg.Text({left ? x - 5 : x + 5, kTop + 5}, plot.reference->label,
           {.anchor = left ? Anchor::kEnd : Anchor::kStart, .size = 11, .opacity = 0.85});
}

}  // namespace

std::string DrawDotPlot(const DotPlot& plot) {
  const Range range = RangeOf(plot);
  const double left = LabelWidth(plot) + 20;
  // A line of its own for the reference's label, above the rows.
  const double first_row = kTop + (plot.reference ? 14 : 4);
  const double bottom = first_row + HeightOf(plot);
  const Axis axis = MakeAxis(range.low, range.high, left, kWidth - kRight, 6);
  Svg svg(plot.id, kWidth, plot.title, plot.description);
  svg.Text({0, 16}, plot.title, {.size = 13.5, .bold = true});
  DrawFrame(svg, plot, axis, bottom);
  double y = first_row;
  for (const DotGroup& group : plot.groups) {
    if (!group.heading.empty()) {
      svg.Text({0, y + 15}, Shortened(group.heading, kWidth), {.opacity = 0.8, .bold = true});
      y += kHeading;
    }
    for (const DotRow& row : group.rows) {
      DrawRow(svg, row, axis, y + kRow / 2);
      y += kRow;
    }
    y += kGap;
  }
  return svg.Finish(bottom + 42);
}

}  // namespace consilium
