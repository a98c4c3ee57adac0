#include "common/federation/strategies/fed_buff.h"

#include "common/federation/strategies/buffer_rules.h"
#include "common/federation/strategies/elements.h"

namespace consilium {

double StalenessFactor(RoundNumber staleness, double exponent) {
  CONSILIUM_CHECK(staleness >= 0);
  return std::pow(1.0 + static_cast<double>(staleness), -exponent);
}

Result<BufferStep> ArrivalBuffer::Arrive(const SiteId& site, RoundNumber started_from) {
  const std::string at =
      "site " + site.str() + ": its update started from version " + std::to_string(started_from);
  if (started_from < 0 || started_from > version_) {
    return FailedPrecondition(at + ", the latest is " + std::to_string(version_));
  }
  const RoundNumber staleness = version_ - started_from;
  if (staleness > options_.max_staleness) {
    return FailedPrecondition(at + ", more than " + std::to_string(options_.max_staleness) +
                              " before the latest, " + std::to_string(version_));
  }
  const auto last = last_started_.find(site);
  if (last != last_started_.end() && last->second >= started_from) {
    return FailedPrecondition(at + ", as one before it did or later");
  }
  last_started_[site] = started_from;
  waiting_.push_back({site, started_from, arrivals_++, staleness});
  BufferStep step{version_, {}};
  if (static_cast<int>(waiting_.size()) < options_.buffer_size) return step;
  step.updates.swap(waiting_);
  ++version_;
  return step;
}

RoundNumber ArrivalBuffer::oldest_needed() const {
  RoundNumber oldest = std::max(0, version_ - options_.max_staleness);
  for (const BufferedUpdate& update : waiting_) oldest = std::min(oldest, update.started_from);
  return oldest;
}

Status ReduceBuffered(const FedBuffOptions& options, const EntrySpec& entry, ByteView current,
                      std::span<const BufferedContribution> contributions,
                      std::span<std::byte> next) {
  if (!IsTrained(entry)) {
    std::vector<Contribution> updates;
    updates.reserve(contributions.size());
    for (const BufferedContribution& one : contributions) updates.push_back(one.update);
    return CombineBuffer({entry, current, updates}, next);
  }
  std::vector<double> moved(current.size() / ElementSize(entry.type), 0.0);
  std::vector<double> difference;
  double total = 0;
  for (const BufferedContribution& one : contributions) {
    // Each update against the version that it started from.
    const double weight = one.update.weight;
    const std::vector<double> factor{weight *
                                     StalenessFactor(one.staleness, options.staleness_exponent)};
    CONSILIUM_RETURN_IF_ERROR(
        SumDifferences({entry, one.started_from, std::span(&one.update, 1)}, factor, difference));
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += difference[i];
    total += weight;
  }
  MoveBy({entry, current, {}}, moved, total / options.server_learning_rate, next);
  return OkStatus();
}

}  // namespace consilium
