#include "simulations/statistics/descriptive.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace consilium {
namespace {

Description DescribeMeans(const std::map<std::string, std::vector<double>>& groups) {
  std::vector<double> means;
  means.reserve(groups.size());
  for (const auto& [name, values] : groups) means.push_back(*Mean(values));
  return Describe(means);
}

}  // namespace

std::optional<double> Mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<double> SampleDeviation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = *Mean(values);
  double square = 0;
  for (const double value : values) square += (value - mean) * (value - mean);
  return std::sqrt(square / static_cast<double>(values.size() - 1));
}

std::optional<double> StandardError(std::span<const double> values) {
  const std::optional<double> sd = SampleDeviation(values);
  if (!sd) return std::nullopt;
  return *sd / std::sqrt(static_cast<double>(values.size()));
}

double Quantile(std::span<const double> sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  const double step = sorted[above] - sorted[below];
  // From the nearer end, as numpy does: exact at both.
  return share < 0.5 ? sorted[below] + step * share : sorted[above] - step * (1 - share);
}

Description Describe(std::span<const double> values) {
  return {values.size(), Mean(values), SampleDeviation(values), StandardError(values)};
}

GridDescription DescribeGrid(std::span<const GridValue> values) {
  std::vector<double> runs;
  runs.reserve(values.size());
  std::map<std::string, std::vector<double>> folds;
  std::map<std::string, std::vector<double>> backbones;
  for (const GridValue& run : values) {
    if (!run.value) continue;
    runs.push_back(*run.value);
    folds[run.fold].push_back(*run.value);
    backbones[run.backbone].push_back(*run.value);
  }
  return {Describe(runs), DescribeMeans(folds), DescribeMeans(backbones)};
}

Status CheckFinite(std::span<const double> values, const std::string& name) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return InvalidArgument(name + ": value " + std::to_string(i + 1) + " is not finite");
    }
  }
  return OkStatus();
}

}  // namespace consilium
