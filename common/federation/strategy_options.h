/// Which strategies there are, and the parameters of each: one table, read by YAML, wire, command
/// line and reports alike.
///
/// A strategy has the parameters that its row names; every other field keeps its default.
/// Threads: plain values; the tables are constant.
#pragma once

#include "common/base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace consilium {

struct StrategyOptions {
  double server_learning_rate = 1;       ///< fedavgm, scaffold, fedbuff
  double server_momentum = 0.9;          ///< fedavgm
  double adaptive_learning_rate = 0.01;  ///< fedadagrad, fedadam, fedyogi: about the step per value
  double beta1 = 0.9;                    ///< fedadam, fedyogi
  double beta2 = 0.99;                   ///< fedadam, fedyogi
  double tau = 1e-3;                     ///< fedadagrad, fedadam, fedyogi: added to the root
  double proximal_mu = 0.01;             ///< fedprox
  double ditto_lambda = 0.1;             ///< ditto
  int byzantine = 1;                     ///< the robust ones: sites that may send anything
  int krum_sites = 0;       ///< multi-krum: how many are averaged; 0: sites - byzantine - 2
  int weiszfeld_steps = 4;  ///< geometric-median
  double smoothing = 1e-6;  ///< geometric-median: least distance
  double norm_bound = 0;  ///< norm-bound: L2 norm of a group's difference; 0: the median of a round
  int buffer_size = 10;   ///< fedbuff: updates that make a version
  double staleness_exponent = 0.5;  ///< fedbuff: (1 + staleness)^-this is what an update counts
  int max_staleness = 100;          ///< fedbuff: an update of an older version is refused
  int head_epochs = 1;              ///< fedrep: epochs on the heads before those on the backbone
  friend bool operator==(const StrategyOptions&, const StrategyOptions&) = default;
};

struct StrategyParameter {
  std::string_view key;  ///< as in YAML; options of programs write '-' for '_'
  std::variant<double StrategyOptions::*, int StrategyOptions::*> field;
  double low;
  double high;
  bool above_low = false;     ///< low itself is not allowed
  bool below_high = false;    ///< nor high
  std::string_view expected;  ///< "above 0 and up to 100"
  std::string_view meaning;
};

struct StrategyInfo {
  std::string_view name;
  std::vector<std::string_view> parameters;  ///< keys
};

std::span<const StrategyInfo> Strategies();
std::span<const StrategyParameter> StrategyParameters();

/// Errors: kInvalidArgument "strategy: ..." naming the known ones.
Result<const StrategyInfo*> FindStrategy(std::string_view name);
/// Those of one strategy, in the table's order.
std::vector<const StrategyParameter*> ParametersOf(const StrategyInfo& strategy);

double ValueOf(const StrategyOptions& options, const StrategyParameter& parameter);
/// Errors: kInvalidArgument "strategy.KEY: ...", for a value outside the parameter's range or a
/// fraction where whole numbers are expected; `options` stays as it was.
Status SetValue(StrategyOptions& options, const StrategyParameter& parameter, double value);

/// Every parameter of the strategy is in its range, and all others have their defaults.
/// Errors: kInvalidArgument "strategy...: what is wrong and what was expected".
Status ValidateStrategyOptions(std::string_view name, const StrategyOptions& options);

/// "fedavg", "fedadam(beta1=0.9, ...)". Requires a known name.
std::string DescribeStrategy(std::string_view name, const StrategyOptions& options);

}  // namespace consilium
