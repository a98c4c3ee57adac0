#include "common/federation/strategies/geometric_median.h"

#include "common/federation/strategies/coordinate_rank.h"
#include "common/federation/strategies/elements.h"
#include "common/federation/strategies/group_sums.h"

namespace consilium {
namespace {

class Approaching final : public RoundReducer {
 public:
  Approaching(std::size_t sites, const StrategyOptions& options)
      : options_(options), squares_(sites), betas_(sites), weights_(sites) {}

  int surveys() const override { return options_.weiszfeld_steps; }

  Status Survey(int pass, const RoundChunk& chunk) override {
    weights_.At(chunk.entry) = WeightsOf(chunk);
    if (!(SumOf(WeightsOf(chunk)) > 0)) return OkStatus();
    CONSILIUM_RETURN_IF_ERROR(pass == 0 ? MedianOfHolders(chunk, point_) : FindPoint(chunk));
    std::vector<double>& squares = squares_.At(chunk.entry);
    for (std::size_t s = 0; s < squares.size(); ++s) {
      WithFloat(chunk.entry.type, [&](auto type) {
        using T = decltype(type);
        for (std::size_t i = 0; i < point_.size(); ++i) {
          const double apart =
              static_cast<double>(Load<T>(chunk.contributions[s].values, i)) - point_[i];
          squares[s] += apart * apart;
        }
      });
    }
    return OkStatus();
  }

  Status Conclude(int) override {
    for (const auto& [group, squares] : squares_.all()) {
      const std::vector<double>& weights = weights_.all().at(group);
      std::vector<double>& betas = betas_.all()[group];
      betas.resize(weights.size());
      for (std::size_t s = 0; s < betas.size(); ++s) {
        betas[s] = weights[s] / std::max(options_.smoothing, std::sqrt(squares[s]));
      }
    }
    squares_.Clear();
    return OkStatus();
  }

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBufferByMedian(chunk, result.next);
    const auto holders = std::ranges::count_if(
        chunk.contributions, [](const Contribution& one) { return one.weight > 0; });
    if (holders < 2 * options_.byzantine + 1) {
      std::ranges::copy(chunk.global, result.next.begin());
      return OkStatus();
    }
    const std::vector<double>& betas = betas_.At(chunk.entry);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, betas, moved_));
    MoveBy(chunk, moved_, SumOf(betas), result.next);
    return OkStatus();
  }

 private:
  Status FindPoint(const RoundChunk& chunk) {
    const std::vector<double>& betas = betas_.At(chunk.entry);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, betas, point_));
    const double total = SumOf(betas);
    WithFloat(chunk.entry.type, [&](auto type) {
      for (std::size_t i = 0; i < point_.size(); ++i) {
        const auto before = static_cast<double>(Load<decltype(type)>(chunk.global, i));
        point_[i] = before + point_[i] / total;
      }
    });
    return OkStatus();
  }

  const StrategyOptions& options_;
  GroupSums squares_;  // of the distances to the point of this step
  GroupSums betas_;
  GroupSums weights_;
  std::vector<double> point_;  // of this chunk
  std::vector<double> moved_;
};

}  // namespace

std::unique_ptr<RoundReducer> GeometricMedian::Begin(std::span<const SiteFacts> sites) const {
  return std::make_unique<Approaching>(sites.size(), options_);
}

}  // namespace consilium
