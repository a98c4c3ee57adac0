/// Mean, spread and quantiles of a few values, and of a grid of trainings.
///
///   sd = sqrt(sum (x - mean)^2 / (n - 1)),   se = sd / sqrt(n),   in the units of the values
///
/// Undefined is empty: the mean of no value, sd and se of fewer than two. Requires finite values.
/// Threads: pure. Source: docs/math.md, "Statistics".
#pragma once

#include "common/base/status.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace consilium {

std::optional<double> Mean(std::span<const double> values);
std::optional<double> SampleDeviation(std::span<const double> values);
std::optional<double> StandardError(std::span<const double> values);

/// The value below which the share `q` of the values lies, between neighbours by straight line
/// (numpy's default; type 7 of Hyndman and Fan 1996). Requires sorted values, at least one, and q
/// in [0, 1].
double Quantile(std::span<const double> sorted, double q);

struct Description {
  std::size_t n = 0;
  std::optional<double> mean, sd, se;
};
Description Describe(std::span<const double> values);

/// The metric of one training of a grid; empty where it is undefined, which is then left out.
struct GridValue {
  std::string fold;
  std::string backbone;
  std::optional<double> value;
};

/// Over folds: of the mean of each fold over its backbones (and seeds). Over backbones: of the mean
/// of each backbone over its folds. Over runs: of all values.
struct GridDescription {
  Description over_runs, over_folds, over_backbones;
};
GridDescription DescribeGrid(std::span<const GridValue> values);

/// Errors: kInvalidArgument "NAME: value 3 is not finite", counted from 1.
Status CheckFinite(std::span<const double> values, const std::string& name);

}  // namespace consilium
