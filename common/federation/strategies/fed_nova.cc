#include "common/federation/strategies/fed_nova.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

class Normalising final : public RoundReducer {
 public:
  explicit Normalising(std::vector<double> accumulated) : accumulated_(std::move(accumulated)) {}

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBuffer(chunk, result.next);
    std::vector<double> weights = WeightsOf(chunk);
    double total = 0;
    double effective = 0;
    for (std::size_t s = 0; s < weights.size(); ++s) {
      if (accumulated_[s] <= 0) weights[s] = 0;
      total += weights[s];
      effective += weights[s] * accumulated_[s];
    }
    for (std::size_t s = 0; s < weights.size(); ++s) {
      // sum p a * p d = effective / total * weight / (a total), and MoveBy divides by the total.
      if (weights[s] > 0) weights[s] *= effective / total / accumulated_[s];
    }
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved_));
    MoveBy(chunk, moved_, total, result.next);
    return OkStatus();
  }

 private:
  std::vector<double> accumulated_;  // per site
  std::vector<double> moved_;
};

}  // namespace

double AccumulatedSteps(std::int64_t steps, double momentum) {
  const auto count = static_cast<double>(steps);
  if (momentum == 0) return count;
  return (count - momentum * (1 - std::pow(momentum, count)) / (1 - momentum)) / (1 - momentum);
}

std::unique_ptr<RoundReducer> FedNova::Begin(std::span<const SiteFacts> sites) const {
  std::vector<double> accumulated;
  accumulated.reserve(sites.size());
  for (const SiteFacts& site : sites) {
    accumulated.push_back(AccumulatedSteps(site.steps, momentum_));
  }
  return std::make_unique<Normalising>(std::move(accumulated));
}

}  // namespace consilium
