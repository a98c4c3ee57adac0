#include "common/data/intensity.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace consilium {
namespace {

constexpr float kMaxCounted = 65'535;

/// The sorted values at `rank` and `rank + 1`, blended by the fraction of `position`.
double Blend(double position, double lower, double upper) {
  return lower + (upper - lower) * (position - std::floor(position));
}

/// Order statistics of integers by counting.
class CountedValues {
 public:
  CountedValues(std::span<const float> values, float least, float most)
      : least_(least), counts_(static_cast<std::size_t>(most - least) + 1) {
    for (const float value : values) ++counts_[static_cast<std::size_t>(value - least)];
  }

  double At(std::int64_t rank) const {
    std::size_t value = 0;
    for (std::int64_t below = counts_[0]; below <= rank; below += counts_[value]) ++value;
    return static_cast<double>(least_) + static_cast<double>(value);
  }

 private:
  float least_;
  std::vector<std::int64_t> counts_;
};

/// Order statistics of any values by partial sorting.
class SortedValues {
 public:
  explicit SortedValues(std::span<const float> values) : values_(values.begin(), values.end()) {}

  double At(std::int64_t rank) {
    std::nth_element(values_.begin(), values_.begin() + rank, values_.end());
    return values_[static_cast<std::size_t>(rank)];
  }

 private:
  std::vector<float> values_;
};

template <typename Values>
float Percentile(Values& ordered, std::size_t count, double percent) {
  const auto last = static_cast<std::int64_t>(count) - 1;
  const double position = percent / 100.0 * static_cast<double>(last);
  const auto rank = static_cast<std::int64_t>(std::floor(position));
  const double lower = ordered.At(rank);
  const double upper = ordered.At(std::min(rank + 1, last));
  return static_cast<float>(Blend(position, lower, upper));
}

}  // namespace

IntensityRange PercentileRange(std::span<const float> values, double low, double high) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const bool countable =
      *most - *least <= kMaxCounted &&
      std::all_of(values.begin(), values.end(), [](float v) { return v == std::trunc(v); });
  if (countable) {
    const CountedValues counted(values, *least, *most);
    return {Percentile(counted, values.size(), low), Percentile(counted, values.size(), high)};
  }
  SortedValues sorted(values);
  const float at_low = Percentile(sorted, values.size(), low);
  return {at_low, Percentile(sorted, values.size(), high)};
}

IntensityRange DisplayRange(std::span<const float> values) {
  return PercentileRange(values, 2.0, 98.0);
}

void ScaleToUnit(std::span<float> values, IntensityRange range) {
  const float width = range.high - range.low;
  for (float& value : values) {
    value = width > 0 ? std::clamp((value - range.low) / width, 0.0F, 1.0F) : 0.0F;
  }
}

}  // namespace consilium
