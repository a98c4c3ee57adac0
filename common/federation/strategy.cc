#include "common/federation/strategy.h"

#include "common/federation/strategies/coordinate_rank.h"
#include "common/federation/strategies/elements.h"
#include "common/federation/strategies/fed_avg.h"
#include "common/federation/strategies/fed_buff.h"
#include "common/federation/strategies/fed_nova.h"
#include "common/federation/strategies/geometric_median.h"
#include "common/federation/strategies/krum.h"
#include "common/federation/strategies/norm_bound.h"
#include "common/federation/strategies/requirements.h"
#include "common/federation/strategies/scaffold.h"
#include "common/federation/strategies/server_optimizer.h"

namespace consilium {
namespace {

using Made = std::unique_ptr<AggregationStrategy>;

Made MakeServerOptimizer(std::string_view name, const StrategyOptions& options) {
  using Rule = ServerOptimizer::Rule;
  const Rule rule = name == "fedavgm"      ? Rule::kMomentum
                    : name == "fedadagrad" ? Rule::kAdagrad
                    : name == "fedadam"    ? Rule::kAdam
                                           : Rule::kYogi;
  return std::make_unique<ServerOptimizer>(name, rule, options);
}

}  // namespace

bool RoundReducer::Surveys(const EntrySpec& entry) const { return IsTrained(entry); }
Status RoundReducer::Survey(int, const RoundChunk&) { return OkStatus(); }
Status RoundReducer::Conclude(int) { return OkStatus(); }

double AggregationStrategy::initial_state(int) const { return 0; }

Result<std::unique_ptr<AggregationStrategy>> MakeStrategy(const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(const StrategyInfo* const info, FindStrategy(plan.strategy));
  const StrategyOptions& options = plan.strategy_options;
  const std::string_view name = info->name;  // lasts, unlike the plan's
  if (name == "fedavgm" || name == "fedadagrad" || name == "fedadam" || name == "fedyogi") {
    return MakeServerOptimizer(name, options);
  }
  if (name == "median" || name == "trimmed-mean") {
    const auto rule =
        name == "median" ? CoordinateRank::Rule::kMedian : CoordinateRank::Rule::kTrimmedMean;
    return Made(std::make_unique<CoordinateRank>(name, rule, options.byzantine));
  }
  if (name == "krum") return Made(std::make_unique<Krum>(name, options.byzantine, 1));
  if (name == "multi-krum") {
    return Made(std::make_unique<Krum>(name, options.byzantine, options.krum_sites));
  }
  if (name == "geometric-median") return Made(std::make_unique<GeometricMedian>(options));
  if (name == "norm-bound") return Made(std::make_unique<NormBound>(options.norm_bound));
  if (name == "fedbuff") return Made(std::make_unique<FedBuff>(*BufferOf(plan)));
  if (name == "fednova") return Made(std::make_unique<FedNova>(plan.training.momentum));
  if (name == "scaffold") return Made(std::make_unique<Scaffold>(options.server_learning_rate));
  return Made(std::make_unique<FedAvg>(name));
}

}  // namespace consilium
