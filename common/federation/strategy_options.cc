#include "common/federation/strategy_options.h"

#include "common/base/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

namespace consilium {
namespace {

constexpr double kMost = 1e6;

using Options = StrategyOptions;

const std::array kParameters = {
    StrategyParameter{"server_learning_rate", &Options::server_learning_rate, 0, kMost, true, false,
                      "a number above 0 and up to 1e6",
                      "Factor of the sites' mean difference (fedavgm, scaffold, fedbuff)"},
    StrategyParameter{"server_momentum", &Options::server_momentum, 0, 1, false, true,
                      "at least 0 and below 1", "Share of the last step that is kept (fedavgm)"},
    StrategyParameter{"adaptive_learning_rate", &Options::adaptive_learning_rate, 0, kMost, true,
                      false, "a number above 0 and up to 1e6",
                      "Server's rate of fedadagrad, fedadam, fedyogi"},
    StrategyParameter{"beta1", &Options::beta1, 0, 1, false, true, "at least 0 and below 1",
                      "Decay of the first moment (fedadam, fedyogi)"},
    StrategyParameter{"beta2", &Options::beta2, 0, 1, false, true, "at least 0 and below 1",
                      "Decay of the second moment (fedadam, fedyogi)"},
    StrategyParameter{"tau", &Options::tau, 0, kMost, true, false, "a number above 0 and up to 1e6",
                      "Added to the root of the second moment (fedadagrad, fedadam, fedyogi)"},
    StrategyParameter{"proximal_mu", &Options::proximal_mu, 0, kMost, false, false, "0 to 1e6",
                      "Pull towards the round's model while training (fedprox)"},
    StrategyParameter{"ditto_lambda", &Options::ditto_lambda, 0, kMost, false, false, "0 to 1e6",
                      "Pull of a site's own model towards the round's (ditto)"},
    StrategyParameter{"byzantine", &Options::byzantine, 0, 1000, false, false,
                      "a whole number from 0 to 1000",
                      "Sites that may send anything (the robust strategies)"},
    StrategyParameter{"krum_sites", &Options::krum_sites, 0, 100'000, false, false,
                      "a whole number from 0 to 100000",
                      "Sites that multi-krum averages; 0: sites - byzantine - 2"},
    StrategyParameter{"weiszfeld_steps", &Options::weiszfeld_steps, 1, 100, false, false,
                      "a whole number from 1 to 100", "Steps towards the geometric median"},
    StrategyParameter{"smoothing", &Options::smoothing, 0, kMost, true, false,
                      "a number above 0 and up to 1e6",
                      "Least distance that the geometric median divides by"},
    StrategyParameter{"norm_bound", &Options::norm_bound, 0, 1e30, false, false, "0 to 1e30",
                      "Longest difference of a parameter group; 0: a round's median (norm-bound)"},
    StrategyParameter{"buffer_size", &Options::buffer_size, 1, 1000, false, false,
                      "a whole number from 1 to 1000", "Updates that make a version (fedbuff)"},
    StrategyParameter{"staleness_exponent", &Options::staleness_exponent, 0, 100, false, false,
                      "0 to 100", "Updates t versions old count (1 + t)^-this (fedbuff)"},
    StrategyParameter{"max_staleness", &Options::max_staleness, 0, 10'000, false, false,
                      "a whole number from 0 to 10000",
                      "Versions that an update may be behind (fedbuff)"},
    StrategyParameter{"head_epochs", &Options::head_epochs, 1, 1000, false, false,
                      "a whole number from 1 to 1000",
                      "Epochs on the heads alone, before those on the backbone (fedrep)"},
};

const std::array kStrategies = {
    StrategyInfo{"fedavg", {}},
    StrategyInfo{"fedavgm", {"server_learning_rate", "server_momentum"}},
    StrategyInfo{"fedadagrad", {"adaptive_learning_rate", "tau"}},
    StrategyInfo{"fedadam", {"adaptive_learning_rate", "beta1", "beta2", "tau"}},
    StrategyInfo{"fedyogi", {"adaptive_learning_rate", "beta1", "beta2", "tau"}},
    StrategyInfo{"median", {"byzantine"}},
    StrategyInfo{"trimmed-mean", {"byzantine"}},
    StrategyInfo{"krum", {"byzantine"}},
    StrategyInfo{"multi-krum", {"byzantine", "krum_sites"}},
    StrategyInfo{"geometric-median", {"byzantine", "weiszfeld_steps", "smoothing"}},
    StrategyInfo{"norm-bound", {"norm_bound"}},
    StrategyInfo{"fedprox", {"proximal_mu"}},
    StrategyInfo{"fednova", {}},
    StrategyInfo{"fedbuff",
                 {"server_learning_rate", "buffer_size", "staleness_exponent", "max_staleness"}},
    StrategyInfo{"scaffold", {"server_learning_rate"}},
    StrategyInfo{"ditto", {"ditto_lambda"}},
    StrategyInfo{"fedbn", {}},
    StrategyInfo{"fedper", {}},
    StrategyInfo{"fedrep", {"head_epochs"}},
};

bool IsWhole(const StrategyParameter& parameter) {
  return std::holds_alternative<int Options::*>(parameter.field);
}

bool InRange(const StrategyParameter& parameter, double value) {
  // Written so that a NaN is in no range.
  const bool high_enough = parameter.above_low ? value > parameter.low : value >= parameter.low;
  const bool low_enough = parameter.below_high ? value < parameter.high : value <= parameter.high;
  return high_enough && low_enough && (!IsWhole(parameter) || value == std::floor(value));
}

bool Has(const StrategyInfo& strategy, std::string_view key) {
  return std::ranges::find(strategy.parameters, key) != strategy.parameters.end();
}

Status OutOfRange(const StrategyParameter& parameter, double found) {
  std::ostringstream message;
  message.precision(10);
  message << "strategy." << parameter.key << ": expected " << parameter.expected << ", found "
          << found;
  return InvalidArgument(message.str());
}

Status OfAnother(const StrategyInfo& strategy, std::string_view key) {
  std::string message("strategy.");
  message.append(key).append(": is no parameter of ").append(strategy.name).append(", expected ");
  if (strategy.parameters.empty()) message.append("none");
  for (const std::string_view own : strategy.parameters) {
    if (own != strategy.parameters.front()) message.append(" or ");
    message.append(own);
  }
  return InvalidArgument(message);
}

}  // namespace

std::span<const StrategyInfo> Strategies() { return kStrategies; }
std::span<const StrategyParameter> StrategyParameters() { return kParameters; }

Result<const StrategyInfo*> FindStrategy(std::string_view name) {
  std::string known;
  for (const StrategyInfo& strategy : kStrategies) {
    if (strategy.name == name) return &strategy;
    if (!known.empty()) known.append(", ");
    known.append(strategy.name);
  }
  std::string message("strategy: '");
  message.append(name).append("' is unknown, expected one of ").append(known);
  return InvalidArgument(message);
}

std::vector<const StrategyParameter*> ParametersOf(const StrategyInfo& strategy) {
  std::vector<const StrategyParameter*> own;
  for (const StrategyParameter& parameter : kParameters) {
    if (Has(strategy, parameter.key)) own.push_back(&parameter);
  }
  return own;
}

double ValueOf(const StrategyOptions& options, const StrategyParameter& parameter) {
  return std::visit([&](auto field) { return static_cast<double>(options.*field); },
                    parameter.field);
}

Status SetValue(StrategyOptions& options, const StrategyParameter& parameter, double value) {
  if (!InRange(parameter, value)) return OutOfRange(parameter, value);
  if (const auto* field = std::get_if<int Options::*>(&parameter.field)) {
    options.*(*field) = static_cast<int>(value);
  } else {
    options.*std::get<double Options::*>(parameter.field) = value;
  }
  return OkStatus();
}

Status ValidateStrategyOptions(std::string_view name, const StrategyOptions& options) {
  CONSILIUM_ASSIGN_OR_RETURN(const StrategyInfo* const strategy, FindStrategy(name));
  const StrategyOptions defaults;
  for (const StrategyParameter& parameter : kParameters) {
    const double value = ValueOf(options, parameter);
    if (!InRange(parameter, value)) return OutOfRange(parameter, value);
    if (!Has(*strategy, parameter.key) && value != ValueOf(defaults, parameter)) {
      return OfAnother(*strategy, parameter.key);
    }
  }
  return OkStatus();
}

std::string DescribeStrategy(std::string_view name, const StrategyOptions& options) {
  const Result<const StrategyInfo*> strategy = FindStrategy(name);
  CONSILIUM_CHECK(strategy.ok());
  std::ostringstream text;
  text.precision(10);
  text << name;
  const char* before = "(";
  for (const StrategyParameter* parameter : ParametersOf(**strategy)) {
    text << before << parameter->key << '=' << ValueOf(options, *parameter);
    before = ", ";
  }
  if (!(*strategy)->parameters.empty()) text << ')';
  return text.str();
}

}  // namespace consilium
