#include "common/federation/strategies/fed_avg.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {
namespace {

class Averaging final : public RoundReducer {
 public:
  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBuffer(chunk, result.next);
    const std::vector<double> weights = WeightsOf(chunk);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved_));
    MoveBy(chunk, moved_, SumOf(weights), result.next);
    return OkStatus();
  }

 private:
  std::vector<double> moved_;
};

}  // namespace

std::unique_ptr<RoundReducer> FedAvg::Begin(std::span<const SiteFacts>) const {
  return std::make_unique<Averaging>();
}

}  // namespace consilium
