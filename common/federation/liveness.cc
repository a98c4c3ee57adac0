#include "common/federation/liveness.h"

#include <algorithm>
#include <cstdio>

namespace consilium {
namespace {

std::string Seconds(Millis length) {
  char text[32];
  const double seconds = static_cast<double>(length.count()) / 1000;
  std::snprintf(text, sizeof text, seconds < 10 ? "%.2g s" : "%.0f s", seconds);
  return text;
}

std::string ActivityText(const SitePulse& pulse) {
  switch (pulse.activity) {
    case SiteActivity::kFetching:
      return "fetching the model";
    case SiteActivity::kQueueing:
      return "waiting for its turn to compute";
    case SiteActivity::kEvaluating:
      return "evaluating";
    case SiteActivity::kSending:
      return "sending";
    case SiteActivity::kWaiting:
      return "waiting";
    case SiteActivity::kUnknown:
    case SiteActivity::kTraining:
      break;
  }
  if (pulse.steps_planned <= 0) return "training";
  return "training " + std::to_string(pulse.steps_done) + "/" + std::to_string(pulse.steps_planned);
}

}  // namespace

std::string_view ToString(SiteHealth health) {
  switch (health) {
    case SiteHealth::kWell:
      return "well";
    case SiteHealth::kStalled:
      return "stalled";
    case SiteHealth::kDead:
      return "dead";
  }
  return "";
}

std::string_view ToString(SiteActivity activity) {
  switch (activity) {
    case SiteActivity::kUnknown:
      return "unknown";
    case SiteActivity::kWaiting:
      return "waiting";
    case SiteActivity::kFetching:
      return "fetching";
    case SiteActivity::kQueueing:
      return "queueing";
    case SiteActivity::kTraining:
      return "training";
    case SiteActivity::kEvaluating:
      return "evaluating";
    case SiteActivity::kSending:
      return "sending";
  }
  return "";
}

Result<SiteHealth> ParseSiteHealth(std::string_view text) {
  if (text.empty()) return SiteHealth::kWell;
  for (const auto health : {SiteHealth::kWell, SiteHealth::kStalled, SiteHealth::kDead}) {
    if (ToString(health) == text) return health;
  }
  return InvalidArgument("health: '" + std::string(text) + "' is unknown to this version");
}

Result<SiteActivity> ParseSiteActivity(std::string_view text) {
  if (text.empty()) return SiteActivity::kUnknown;
  for (const auto activity :
       {SiteActivity::kUnknown, SiteActivity::kWaiting, SiteActivity::kFetching,
        SiteActivity::kQueueing, SiteActivity::kTraining, SiteActivity::kEvaluating,
        SiteActivity::kSending}) {
    if (ToString(activity) == text) return activity;
  }
  return InvalidArgument("activity: '" + std::string(text) + "' is unknown to this version");
}

Millis Idle(const LastHeard& heard) { return heard.progress.since_step + heard.ago; }

SiteHealth HealthOf(const LastHeard& heard) {
  if (!heard.asks && heard.ago > kDeadAfter) return SiteHealth::kDead;
  const Progress& last = heard.progress;
  if (last.activity != SiteActivity::kTraining || last.step.count() <= 0) return SiteHealth::kWell;
  const Millis patience = std::max(kShortestStall, kStalledAfterSteps * last.step);
  return Idle(heard) > patience ? SiteHealth::kStalled : SiteHealth::kWell;
}

SitePulse PulseOf(const LastHeard& heard) {
  const Progress& last = heard.progress;
  SitePulse pulse{HealthOf(heard),
                  last.activity,
                  last.steps_done,
                  last.steps_planned,
                  last.step,
                  Idle(heard),
                  {}};
  const std::int64_t steps_left = last.steps_planned - last.steps_done;
  if (last.activity == SiteActivity::kTraining && last.step.count() > 0 && steps_left > 0) {
    pulse.left = std::max(Millis{0}, steps_left * last.step - heard.ago);
  }
  return pulse;
}

std::string PulseText(const SitePulse& pulse) {
  std::string text = ActivityText(pulse);
  switch (pulse.health) {
    case SiteHealth::kWell:
      if (pulse.left) text.append(", ").append(Seconds(*pulse.left)).append(" left");
      return text;
    case SiteHealth::kStalled:
      return "stalled: no step for " + Seconds(pulse.idle) + ", its steps take " +
             Seconds(pulse.step) + "; " + text;
    case SiteHealth::kDead:
      break;
  }
  return "dead: nothing heard of it for more than " + Seconds(kDeadAfter) + "; " + text;
}

std::optional<Millis> TimeOfRound(const Progress& progress) {
  if (progress.step.count() <= 0 || progress.steps_planned <= 0) return {};
  return progress.steps_planned * progress.step;
}

}  // namespace consilium
