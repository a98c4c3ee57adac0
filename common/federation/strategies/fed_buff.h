/// Buffered asynchronous aggregation, for sites of very different speed: nobody waits for anybody.
///
/// Each site trains from the version that it last fetched and submits when it is ready. When K updates
/// are there, they make the next version:
///   s(t) = (1 + t)^-a             of an update that started from t versions ago
///   next = current + eta * sum_i w_i s(t_i) (y_i - x_i) / sum_i w_i
/// where x_i is the version that update i started from and w_i its weight in the entry's group
/// (weights.h); no weight, no change. Entries that are not trained follow buffer_rules.h.
/// Determinism: a function of the recorded order of arrival. ArrivalBuffer decides which updates make
/// which version, FedBuff computes it; a replay of the record gives the same bits.
/// Memory: ArrivalBuffer K records; a reduction one chunk of `current`, and two of each update.
/// Source: Nguyen et al. 2022 (arXiv 2106.06639), section 3; the weights w_i in place of 1 / K.
/// Threads: none inside.
#pragma once

#include "common/federation/strategy.h"

#include <map>
#include <vector>

namespace consilium {

struct FedBuffOptions {
  int buffer_size = 10;             ///< K, 1 or more
  double staleness_exponent = 0.5;  ///< a, 0 or more
  double server_learning_rate = 1;  ///< eta
  RoundNumber max_staleness = 100;  ///< an update that started from an older version is refused
  friend bool operator==(const FedBuffOptions&, const FedBuffOptions&) = default;
};

/// s(staleness). Requires staleness >= 0.
double StalenessFactor(RoundNumber staleness, double exponent);

struct BufferedUpdate {
  SiteId site;
  RoundNumber started_from = 0;
  std::int64_t arrival = 0;  ///< number of the arrival, from 0
  RoundNumber staleness = 0;
  friend bool operator==(const BufferedUpdate&, const BufferedUpdate&) = default;
};

/// Makes version `version` + 1 from exactly these, in this order.
struct BufferStep {
  RoundNumber version = 0;
  std::vector<BufferedUpdate> updates;
  friend bool operator==(const BufferStep&, const BufferStep&) = default;
};

class ArrivalBuffer {
 public:
  explicit ArrivalBuffer(const FedBuffOptions& options) : options_(options) {}

  /// An update of `site` that started from version `started_from` is whole and stored. Returns the
  /// step to take if it fills the buffer (no updates: not yet); from then on version() is the next.
  /// Errors: kFailedPrecondition: it started from a version that is too old or not there yet, or the
  /// site's last update started from the same one. Nothing changes then.
  Result<BufferStep> Arrive(const SiteId& site, RoundNumber started_from);

  /// The step of what is there, where nobody waits for more. Requires waiting() > 0.
  BufferStep Flush();

  RoundNumber version() const { return version_; }
  std::int64_t arrivals() const { return arrivals_; }  ///< so far: the number of the next one
  const std::vector<BufferedUpdate>& waiting() const { return waiting_; }  ///< in order of arrival
  bool IsTooOld(RoundNumber started_from) const;
  /// Whether an update of `site` that started from this version, or a later one, has arrived.
  bool HasDelivered(const SiteId& site, RoundNumber started_from) const;
  friend bool operator==(const ArrivalBuffer&, const ArrivalBuffer&) = default;

 private:
  FedBuffOptions options_;
  RoundNumber version_ = 0;
  std::int64_t arrivals_ = 0;
  std::vector<BufferedUpdate> waiting_;         // in order of arrival
  std::map<SiteId, RoundNumber> last_started_;  // of every site that ever submitted
};

class FedBuff final : public AggregationStrategy {
 public:
  explicit FedBuff(const FedBuffOptions& options) : options_(options) {}
  std::string_view name() const override { return "fedbuff"; }
  /// `sites`: one per update of the buffer, in order of arrival; a site may be there twice.
  std::unique_ptr<RoundReducer> Begin(std::span<const SiteFacts> sites) const override;

 private:
  FedBuffOptions options_;
};

}  // namespace consilium
