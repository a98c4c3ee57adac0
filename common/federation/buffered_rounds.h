/// What a RoundEngine knows beside its round where updates are buffered (fedbuff): which updates wait
/// for which version, which sites are at work from which version, and which versions are evaluated.
///
/// Versions  a version is needed while it is the latest, a site that is not too old trains from it, an
///           update that is not combined yet started from it, or it is being evaluated.
/// Steps     a full buffer is a step; steps are combined one after another, while the next buffer
///           fills. Staleness counts the steps made, stored or not, since an update's start.
/// Evaluation  of several versions at once, each until all live evaluators have counted it or its
///           deadline has passed; they end in order, so schedule and best version see them in order.
/// Threads: plain values.
#pragma once

#include "common/base/clock.h"
#include "common/federation/messages.h"
#include "common/federation/strategies/fed_buff.h"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace consilium {

struct AcceptedUpdate {
  std::string digest;
  std::int64_t images_used = 0;
  std::int64_t steps = 0;
  friend bool operator==(const AcceptedUpdate&, const AcceptedUpdate&) = default;
};

/// An accepted update by the name under which it is spooled.
struct NamedUpdate {
  RoundNumber round = 0;
  SiteId site;
  std::string digest;
  friend bool operator==(const NamedUpdate&, const NamedUpdate&) = default;
};

/// A version whose place in the history is open.
struct OpenVersion {
  bool evaluated = true;  ///< whether anybody is asked at all
  Timestamp deadline;
  std::map<SiteId, std::vector<TaskCounts>> counted;
  friend bool operator==(const OpenVersion&, const OpenVersion&) = default;
};

struct BufferedRounds {
  ArrivalBuffer arrivals{FedBuffOptions()};
  std::map<std::int64_t, AcceptedUpdate> accepted;  ///< not in a stored model, by arrival
  std::deque<BufferStep> steps;                     ///< the first is being combined
  std::map<RoundNumber, ModelRef> models;           ///< that are needed
  std::map<SiteId, RoundNumber> under_way;          ///< what each site was told to train from
  std::map<SiteId, std::pair<RoundNumber, AcceptedUpdate>> last;  ///< of each site
  std::map<RoundNumber, OpenVersion> open;
  Timestamp deadline;  ///< of the buffer
  friend bool operator==(const BufferedRounds&, const BufferedRounds&) = default;
};

}  // namespace consilium
