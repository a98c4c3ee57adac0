#include "simulations/report/axis.h"

#include "simulations/report/number_text.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

/// Allows for the rounding of decimal fractions: 0.1 * 3 is not 0.3.
constexpr double kSlack = 1e-9;

/// The smallest of 1, 2, 5 times a power of ten that steps from low to high in `most` ticks.
double NiceStep(double low, double high, int most) {
  const double least = (high - low) / std::max(1, most - 1);
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - kSlack)) return factor * power;
  }
  return 10 * power;
}

bool IsRange(double low, double high) {
  return std::isfinite(low) && std::isfinite(high) && low < high;
}

std::vector<double> MultiplesOf(double step, double low, double high) {
  std::vector<double> ticks;
  const double first = std::ceil(low / step - kSlack);
  const double last = std::floor(high / step + kSlack);
  ticks.reserve(static_cast<std::size_t>(std::max(0.0, last - first + 1)));
  // Over the reciprocal: 3 / 10 is the double nearest to 0.3, 3 * 0.1 is not.
  const double per_unit = std::round(1 / step);
  for (double k = first; k <= last; ++k) ticks.push_back(step < 1 ? k / per_unit : k * step);
  return ticks;
}

}  // namespace

std::vector<double> NiceTicks(double low, double high, int most) {
  if (!IsRange(low, high)) return {};
  return MultiplesOf(NiceStep(low, high, std::max(2, most)), low, high);
}

double Axis::Pixel(double value) const {
  return first_pixel + (value - low) / (high - low) * (last_pixel - first_pixel);
}

std::string Axis::TickText(double tick) const { return FixedText(tick, digits); }

Axis MakeAxis(double low, double high, double first_pixel, double last_pixel, int most_ticks) {
  if (!IsRange(low, high)) {
    const double middle = std::isfinite(low) ? low : 0;
    low = middle - 0.5;
    high = middle + 0.5;
  }
  // Two ticks fewer: widening to whole steps may add one on either side.
  const double step = NiceStep(low, high, std::max(2, most_ticks - 1));
  Axis axis;
  axis.low = std::floor(low / step + kSlack) * step;
  axis.high = std::ceil(high / step - kSlack) * step;
  axis.first_pixel = first_pixel;
  axis.last_pixel = last_pixel;
  axis.ticks = MultiplesOf(step, axis.low, axis.high);
  axis.digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - kSlack)));
  return axis;
}

}  // namespace consilium
