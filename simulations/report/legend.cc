#include "simulations/report/legend.h"

namespace consilium {

double DrawLegend(Svg& svg, const std::vector<LegendEntry>& entries, LegendSample sample,
                  Point left_top, double right) {
  constexpr double kLine = 18;
  const double sample_width = sample == LegendSample::kLine ? 30 : 12;
  Point at = left_top;
  double height = kLine;
  for (const LegendEntry& entry : entries) {
    const std::string label = Shortened(entry.label, right - left_top.x - sample_width - 6);
    const double width = sample_width + 6 + TextWidth(label) + 16;
    if (at.x > left_top.x && at.x + width > right) {
      at = {left_top.x, at.y + kLine};
      height += kLine;
    }
    const double middle = at.y + kLine / 2;
    svg.BeginGroup(entry.style);
    if (sample == LegendSample::kLine) {
      svg.Line({at.x, middle}, {at.x + sample_width, middle},
               {.width = 2, .dash = entry.style.dash});
    }
    svg.Mark(entry.style.marker, {at.x + sample_width / 2, middle}, 4.2, "");
    svg.EndGroup();
    svg.Text({at.x + sample_width + 6, middle + 4}, label);
    at.x += width;
  }
  return height;
}

}  // namespace consilium
