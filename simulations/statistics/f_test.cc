#include "simulations/statistics/f_test.h"

#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/distributions.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

struct Squares {
  double between = 0, within = 0, largest = 0;
};

Squares SumsOfSquares(std::span<const std::vector<double>> groups,
                      const std::vector<double>& values) {
  const double overall = *Mean(values);
  Squares squares;
  for (const std::vector<double>& group : groups) {
    const double mean = *Mean(group);
    squares.between += static_cast<double>(group.size()) * (mean - overall) * (mean - overall);
    for (const double value : group) {
      squares.within += (value - mean) * (value - mean);
      squares.largest = std::max(squares.largest, std::abs(value));
    }
  }
  return squares;
}

}  // namespace

Result<FTestResult> OneWayFTest(std::span<const std::vector<double>> groups) {
  if (groups.size() < 2) return InvalidArgument("an F-test compares at least two groups");
  FTestResult result;
  result.groups = groups.size();
  std::vector<double> values;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::string name = "group " + std::to_string(g + 1);
    if (groups[g].empty()) return InvalidArgument(name + " has no value");
    CONSILIUM_RETURN_IF_ERROR(CheckFinite(groups[g], name));
    values.insert(values.end(), groups[g].begin(), groups[g].end());
  }
  result.n = values.size();
  if (result.n <= result.groups) return result;
  const Squares squares = SumsOfSquares(groups, values);
  const auto degrees_between = static_cast<double>(result.groups - 1);
  const auto degrees_within = static_cast<double>(result.n - result.groups);
  const double deviation = std::sqrt(squares.within / degrees_within);
  constexpr double kRounding = 1e-14;
  if (!(deviation > kRounding * squares.largest)) return result;
  result.f = (squares.between / degrees_between) / (squares.within / degrees_within);
  result.p = FisherFUpperTail(*result.f, degrees_between, degrees_within);
  result.eta_squared = squares.between / (squares.between + squares.within);
  return result;
}

}  // namespace consilium
