#include "common/federation/strategies/norm_bound.h"

#include "common/federation/strategies/coordinate_rank.h"
#include "common/federation/strategies/elements.h"
#include "common/federation/strategies/group_sums.h"

namespace consilium {
namespace {

class Bounding final : public RoundReducer {
 public:
  Bounding(std::size_t sites, double bound) : bound_(bound), sums_(sites), weights_(sites) {}

  int surveys() const override { return 1; }

  Status Survey(int, const RoundChunk& chunk) override {
    weights_.At(chunk.entry) = WeightsOf(chunk);
    std::vector<double>& squares = sums_.At(chunk.entry);
    for (std::size_t s = 0; s < squares.size(); ++s) {
      WithFloat(chunk.entry.type, [&](auto type) {
        using T = decltype(type);
        for (std::size_t i = 0; i < CountOf(chunk); ++i) {
          const double apart = static_cast<double>(Load<T>(chunk.contributions[s].values, i)) -
                               static_cast<double>(Load<T>(chunk.global, i));
          squares[s] += apart * apart;
        }
      });
      if (std::isnan(squares[s])) return NotFinite(chunk.entry);
    }
    return OkStatus();
  }

  /// The sums of squares become factors.
  Status Conclude(int) override {
    for (auto& [group, values] : sums_.all()) {
      const std::vector<double>& weights = weights_.all().at(group);
      std::vector<double> norms;
      norms.reserve(values.size());
      for (std::size_t s = 0; s < values.size(); ++s) {
        if (weights[s] > 0) norms.push_back(std::sqrt(values[s]));
      }
      const double median = norms.empty() ? 0 : MedianOf(norms);
      const double bound = bound_ > 0 ? bound_ : median;
      for (double& value : values) {
        const double norm = std::sqrt(value);
        value = norm > bound ? bound / norm : 1;
      }
    }
    return OkStatus();
  }

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    if (!IsTrained(chunk.entry)) return CombineBufferByMedian(chunk, result.next);
    std::vector<double> weights = WeightsOf(chunk);
    const double total = SumOf(weights);
    const std::vector<double>& factors = sums_.At(chunk.entry);
    for (std::size_t s = 0; s < weights.size(); ++s) weights[s] *= factors[s];
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(chunk, weights, moved_));
    MoveBy(chunk, moved_, total, result.next);
    return OkStatus();
  }

 private:
  double bound_;
  GroupSums sums_;
  GroupSums weights_;
  std::vector<double> moved_;
};

}  // namespace

std::unique_ptr<RoundReducer> NormBound::Begin(std::span<const SiteFacts> sites) const {
  return std::make_unique<Bounding>(sites.size(), bound_);
}

}  // namespace consilium
