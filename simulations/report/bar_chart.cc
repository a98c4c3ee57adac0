#include "simulations/report/bar_chart.h"

#include "simulations/report/axis.h"
#include "simulations/report/legend.h"
#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"
#include "simulations/report/svg.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

constexpr double kLeast = 500;  // width
constexpr double kLeft = 46;
constexpr double kPlot = 190;  // height
constexpr double kGroupGap = 16;

Axis ValueAxis(const BarChart& chart, double top) {
  double low = 0;
  double high = 0;
  for (const BarSeries& series : chart.series) {
    for (std::size_t g = 0; g < series.values.size(); ++g) {
      if (!series.values[g]) continue;
      const double deviation = series.deviations[g].value_or(0);
      low = std::min(low, *series.values[g] < 0 ? *series.values[g] - deviation : 0);
      high = std::max(high, *series.values[g] + deviation);
    }
  }
  low = std::max(low, chart.least);
  high = std::min(high, chart.most);
  if (high <= low) high = low + 1;
  return MakeAxis(low, high, top + kPlot, top, 7);
}

struct Layout {
  double width = 0;
  double group = 0;  ///< width of a group with its gap
  double bar = 0;
  bool turned = false;  ///< labels of groups do not fit side by side
};

Layout LayoutOf(const BarChart& chart) {
  const auto groups = static_cast<double>(std::max<std::size_t>(1, chart.groups.size()));
  const auto bars = static_cast<double>(std::max<std::size_t>(1, chart.series.size()));
  Layout layout;
  layout.group = std::max((kLeast - kLeft - 10) / groups, 11 * bars + kGroupGap);
  layout.width = kLeft + 10 + groups * layout.group;
  layout.bar = std::min(26.0, (layout.group - kGroupGap) / bars);
  for (const std::string& group : chart.groups) {
    layout.turned = layout.turned || TextWidth(group) > layout.group - 4;
  }
  return layout;
}

void DrawBar(Svg& svg, const BarChart& chart, const BarSeries& series, std::size_t g, double x,
             double width, const Axis& axis) {
  const double zero = axis.Pixel(0);
  const double middle = x + width / 2;
  if (!series.values[g]) {
    svg.Text({middle, zero - 4}, "–", {.anchor = Anchor::kMiddle, .opacity = 0.7});
    return;
  }
  const double value = *series.values[g];
  const double end = axis.Pixel(value);
  std::string hover =
      Concat({chart.groups[g], ", ", series.label, ": ", FixedText(value, kShownDigits)});
  svg.BeginGroup(series.style);
  svg.Bar({x + 1, std::min(zero, end)}, std::max(1.0, width - 2), std::abs(zero - end), 0.5);
  if (const auto deviation = series.deviations[g]) {
    Append(hover, {" ± ", FixedText(*deviation, kShownDigits)});
    const double low = std::max(chart.least, value - *deviation);
    const double high = std::min(chart.most, value + *deviation);
    svg.Line({middle, axis.Pixel(low)}, {middle, axis.Pixel(high)}, {.width = 1.5});
  }
  svg.Mark(series.style.marker, {middle, end}, std::min(4.2, 0.36 * width), hover);
  svg.EndGroup();
}

double DrawGroupLabels(Svg& svg, const BarChart& chart, const Layout& layout, double top) {
  double height = 18;
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const double middle = kLeft + (static_cast<double>(g) + 0.5) * layout.group;
    if (layout.turned) {
      // Turned by 35 degrees a text reaches as far left as 0.82 of its width.
      const std::string label = Shortened(chart.groups[g], std::min(150.0, middle / 0.82));
      svg.Text({middle + 4, top + 14}, label, {.anchor = Anchor::kEnd, .degrees = -35});
      height = std::max(height, 0.58 * TextWidth(label) + 20);
    } else {
      svg.Text({middle, top + 16}, chart.groups[g], {.anchor = Anchor::kMiddle});
    }
  }
  return height;
}

}  // namespace

std::string DrawBarChart(const BarChart& chart) {
  const Layout layout = LayoutOf(chart);
  Svg svg(chart.id, layout.width, chart.title, chart.description);
  svg.Text({0, 16}, chart.title, {.size = 13.5, .bold = true});
  std::vector<LegendEntry> entries;
  entries.reserve(chart.series.size());
  for (const BarSeries& series : chart.series) entries.push_back({series.label, series.style});
  const double legend = DrawLegend(svg, entries, LegendSample::kMarker, {0, 26}, layout.width);
  const double top = 26 + legend + 10;
  const Axis axis = ValueAxis(chart, top);
  const double right = layout.width - 10;
  for (const double tick : axis.ticks) {
    const double y = axis.Pixel(tick);
    svg.Line({kLeft, y}, {right, y}, {.opacity = 0.13});
    svg.Text({kLeft - 8, y + 4}, axis.TickText(tick),
             {.anchor = Anchor::kEnd, .size = 11, .opacity = 0.8});
  }
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    double x = kLeft + static_cast<double>(g) * layout.group +
               (layout.group - layout.bar * static_cast<double>(chart.series.size())) / 2;
    for (const BarSeries& series : chart.series) {
      DrawBar(svg, chart, series, g, x, layout.bar, axis);
      x += layout.bar;
    }
  }
  svg.Line({kLeft, axis.Pixel(0)}, {right, axis.Pixel(0)}, {.opacity = 0.6});
  const double labels = DrawGroupLabels(svg, chart, layout, axis.first_pixel);
  return svg.Finish(axis.first_pixel + labels + 8);
}

}  // namespace consilium
