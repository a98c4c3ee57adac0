/// Whether a site goes on, judged from what it said last: a sign of life is no progress.
///
///   dead     nothing was heard of it for kDeadAfter, whatever lease the run gives
///   stalled  it says that it trains, and no step has ended for ten times what its own steps take
///
/// A site that waits for its turn, fetches, evaluates or sends has no steps to miss, and one that has
/// not ended a step yet has nothing to be held against: a slow site is neither. Nothing follows from
/// the judgement, which is for people: leases and deadlines decide (round_engine.h).
/// Threads: pure.
#pragma once

#include "common/federation/messages.h"

#include <optional>
#include <string>
#include <string_view>

namespace consilium {

inline constexpr Millis kDeadAfter{30'000};
inline constexpr int kStalledAfterSteps = 10;
/// Steps shorter than the pause between two heartbeats are not told one by one.
inline constexpr Millis kShortestStall{5'000};

enum class SiteHealth : std::uint8_t { kWell, kStalled, kDead };
/// "well", "stalled", "dead".
std::string_view ToString(SiteHealth health);
std::string_view ToString(SiteActivity activity);
/// The inverse; of an aggregator that tells neither, "" is well and unknown.
Result<SiteHealth> ParseSiteHealth(std::string_view text);
Result<SiteActivity> ParseSiteActivity(std::string_view text);

struct LastHeard {
  Progress progress;
  Millis ago{0};
  bool asks = false;  ///< a call of the site waits for an answer: it lives
};
/// Since its last step ended or its activity began.
Millis Idle(const LastHeard& heard);
SiteHealth HealthOf(const LastHeard& heard);

/// What a person sees of a site's work.
struct SitePulse {
  SiteHealth health = SiteHealth::kWell;
  SiteActivity activity = SiteActivity::kUnknown;
  std::int64_t steps_done = 0;
  std::int64_t steps_planned = 0;
  Millis step{0};              ///< of late; 0: not measured
  Millis idle{0};              ///< since its last step ended or its activity began
  std::optional<Millis> left;  ///< of a site that trains and has measured its steps
  friend bool operator==(const SitePulse&, const SitePulse&) = default;
};
SitePulse PulseOf(const LastHeard& heard);
/// "training 3/10, 14 s left"; "stalled: no step for 80 s, its steps take 2 s; training 3/10".
std::string PulseText(const SitePulse& pulse);

/// All planned steps of a round at the measured pace.
std::optional<Millis> TimeOfRound(const Progress& progress);

}  // namespace consilium
