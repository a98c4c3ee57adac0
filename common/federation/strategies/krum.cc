#include "common/federation/strategies/krum.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

#include <numeric>

namespace consilium {
namespace {

template <typename T>
double AddSquares(ByteView a, ByteView b, std::size_t count, double sum) {
  for (std::size_t i = 0; i < count; ++i) {
    const double apart = static_cast<double>(Load<T>(a, i)) - static_cast<double>(Load<T>(b, i));
    sum += apart * apart;
  }
  return sum;
}

class Choosing final : public RoundReducer {
 public:
  Choosing(std::span<const SiteFacts> sites, int byzantine, int chosen)
      : byzantine_(static_cast<std::size_t>(byzantine)), wanted_(static_cast<std::size_t>(chosen)) {
    for (std::size_t s = 0; s < sites.size(); ++s) {
      if (sites[s].weights.backbone > 0) candidates_.push_back(s);
    }
    distances_.assign(candidates_.size() * candidates_.size(), 0.0);
  }

  int surveys() const override { return 1; }
  bool Surveys(const EntrySpec& entry) const override {
    return IsTrained(entry) && HeadOf(entry).empty();
  }

  Status Survey(int, const RoundChunk& chunk) override {
    const std::size_t n = candidates_.size();
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) {
        double& sum = distances_[a * n + b];
        sum = WithFloat(chunk.entry.type, [&](auto type) {
          return AddSquares<decltype(type)>(chunk.contributions[candidates_[a]].values,
                                            chunk.contributions[candidates_[b]].values,
                                            CountOf(chunk), sum);
        });
        if (std::isnan(sum)) return NotFinite(chunk.entry);
        distances_[b * n + a] = sum;
      }
    }
    return OkStatus();
  }

  Status Conclude(int) override {
    const std::size_t n = candidates_.size();
    if (n < 2 * byzantine_ + 3) return OkStatus();
    const std::size_t most = n - byzantine_ - 2;
    const std::size_t count = wanted_ == 0 ? most : std::min(wanted_, most);
    for (const std::size_t index : KrumChoice(distances_, n, byzantine_, count)) {
      chosen_.push_back(candidates_[index]);
    }
    return OkStatus();
  }

  Status Reduce(const RoundChunk& chunk, const ChunkResult& result) override {
    std::vector<Contribution> trusted;
    trusted.reserve(chosen_.size());
    for (const std::size_t site : chosen_) trusted.push_back(chunk.contributions[site]);
    const RoundChunk part{chunk.entry, chunk.global, trusted};
    if (!IsTrained(chunk.entry)) return CombineBuffer(part, result.next);
    std::vector<double> weights;
    weights.reserve(trusted.size());
    for (const Contribution& one : trusted) weights.push_back(one.weight > 0 ? 1 : 0);
    CONSILIUM_RETURN_IF_ERROR(SumDifferences(part, weights, moved_));
    MoveBy(part, moved_, SumOf(weights), result.next);
    return OkStatus();
  }

 private:
  std::size_t byzantine_;
  std::size_t wanted_;
  std::vector<std::size_t> candidates_;  // indices into the contributions
  std::vector<double> distances_;        // squared, candidates x candidates
  std::vector<std::size_t> chosen_;      // indices into the contributions, ascending
  std::vector<double> moved_;
};

}  // namespace

std::vector<std::size_t> KrumChoice(std::span<const double> distances, std::size_t sites,
                                    std::size_t byzantine, std::size_t chosen) {
  CONSILIUM_CHECK(sites >= 2 * byzantine + 3 && distances.size() == sites * sites);
  CONSILIUM_CHECK(chosen >= 1 && chosen <= sites);
  const std::size_t neighbours = sites - byzantine - 2;
  std::vector<double> scores(sites);
  std::vector<double> others;
  others.reserve(sites);
  for (std::size_t s = 0; s < sites; ++s) {
    others.clear();
    for (std::size_t t = 0; t < sites; ++t) {
      if (t != s) others.push_back(distances[s * sites + t]);
    }
    std::sort(others.begin(), others.end());
    scores[s] = SumOf(std::span(others).first(neighbours));
  }
  std::vector<std::size_t> order(sites);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  order.resize(chosen);
  std::sort(order.begin(), order.end());
  return order;
}

std::unique_ptr<RoundReducer> Krum::Begin(std::span<const SiteFacts> sites) const {
  return std::make_unique<Choosing>(sites, byzantine_, chosen_);
}

}  // namespace consilium
