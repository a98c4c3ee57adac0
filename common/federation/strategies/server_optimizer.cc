#include "common/federation/strategies/server_optimizer.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

using Rule = ServerOptimizer::Rule;

/// One value's state and the step that follows from it.
struct Moments {
  double first = 0;
  double second = 0;
};

double StepOf(Rule rule, const StrategyOptions& options, double difference, Moments& moments) {
  const double square = difference * difference;
  switch (rule) {
    case Rule::kMomentum:
      moments.first = options.server_momentum * moments.first + difference;
      return options.server_learning_rate * moments.first;
    case Rule::kAdagrad:
      moments.first = difference;
      moments.second += square;
      break;
    case Rule::kAdam:
      moments.first = options.beta1 * moments.first + (1 - options.beta1) * difference;
      moments.second = options.beta2 * moments.second + (1 - options.beta2) * square;
      break;
    case Rule::kYogi: {
      moments.first = options.beta1 * moments.first + (1 - options.beta1) * difference;
      const double sign = moments.second > square ? 1 : moments.second < square ? -1 : 0;
      moments.second -= (1 - options.beta2) * square * sign;
      break;
    }
  }
  return options.adaptive_learning_rate * moments.first / (std::sqrt(moments.second) + options.tau);
}

/// Where a rule keeps what: -1 for what it has not.
struct Slots {
  int first;
  int second;
};

Slots SlotsOf(Rule rule) {
  if (rule == Rule::kMomentum) return {0, -1};
  if (rule == Rule::kAdagrad) return {-1, 0};
  return {0, 1};
}

class Stepping final : public RoundReducer {
 public:
  Stepping(Rule rule, const StrategyOptions& options) : rule_(rule), options_(options) {}

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    // What is not stepped keeps its state.
    for (std::size_t slot = 0; slot < result.state.size(); ++slot) {
      std::ranges::copy(result.state[slot], result.next_state[slot].begin());
    }
    if (!IsTrained(chunk.entry)) return CombineBuffer(chunk, result.next);
    const std::vector<double> weights = WeightsOf(chunk);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved_));
    const double total = SumOf(weights);
    if (!(total > 0)) {
      std::ranges::copy(chunk.global, result.next.begin());
      return OkStatus();
    }
    WithFloat(chunk.entry.type, [&](auto type) { StepAll<decltype(type)>(chunk, result, total); });
    return OkStatus();
  }

 private:
  template <typename T>
  void StepAll(const RoundChunk& chunk, const ChunkResult& result, double total) const {
    const Slots slots = SlotsOf(rule_);
    for (std::size_t i = 0; i < moved_.size(); ++i) {
      Moments moments;
      if (slots.first >= 0) moments.first = Load<T>(result.state[slots.first], i);
      if (slots.second >= 0) moments.second = Load<T>(result.state[slots.second], i);
      const double step = StepOf(rule_, options_, moved_[i] / total, moments);
      const auto before = static_cast<double>(Load<T>(chunk.global, i));
      StoreFinite<T>(result.next, i, before + step);
      if (slots.first >= 0) StoreFinite<T>(result.next_state[slots.first], i, moments.first);
      if (slots.second >= 0) StoreFinite<T>(result.next_state[slots.second], i, moments.second);
    }
  }

  Rule rule_;
  const StrategyOptions& options_;
  std::vector<double> moved_;
};

}  // namespace

int ServerOptimizer::state_slots() const {
  return rule_ == Rule::kAdam || rule_ == Rule::kYogi ? 2 : 1;
}

double ServerOptimizer::initial_state(int slot) const {
  return slot == SlotsOf(rule_).second ? options_.tau * options_.tau : 0;
}

std::unique_ptr<RoundReducer> ServerOptimizer::Begin(std::span<const SiteFacts>) const {
  return std::make_unique<Stepping>(rule_, options_);
}

}  // namespace consilium
