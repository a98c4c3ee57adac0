#include "aggregator/admin/json_text.h"

#include <nlohmann/json.hpp>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;

Json Optional(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json ToJson(const RunChange& change) {
  return {{"sequence", change.sequence}, {"at_millis", change.at.millis},
          {"run", change.run.str()},     {"state", ToString(change.state)},
          {"cause", change.cause},       {"actor", change.actor}};
}

Json ToJson(const RunSummary& run) {
  Json json = ToJson(run.last);
  json["round"] = run.round;
  json["rounds_planned"] = run.rounds_planned;
  json["sites"] = run.sites;
  json["best_loss"] = Optional(run.best_loss);
  json["trouble"] = run.trouble;
  return json;
}

double Seconds(Millis length) { return static_cast<double>(length.count()) / 1000; }

Json ToJson(const SiteStatus& site) {
  const SitePulse& pulse = site.pulse;
  return {{"site", site.site.str()},
          {"run", site.run.str()},
          {"doing", site.doing},
          {"health", ToString(pulse.health)},
          {"activity", ToString(pulse.activity)},
          {"steps_done", pulse.steps_done},
          {"steps_planned", pulse.steps_planned},
          {"seconds_per_step", Seconds(pulse.step)},
          {"seconds_idle", Seconds(pulse.idle)},
          {"seconds_left", pulse.left ? Json(Seconds(*pulse.left)) : Json(nullptr)}};
}

Json ToJson(const LedgerRound& round) {
  Json json = {{"round", round.round},
               {"attempts", round.attempts},
               {"closed", round.closed},
               {"validation_loss", Optional(round.validation_loss)},
               {"sites", Json::array()}};
  for (const LedgerEntry& entry : round.sites) {
    Json row = {{"site", entry.site.str()},
                {"standing", ToString(entry.standing)},
                {"why", entry.why},
                {"seconds", Seconds(entry.took)}};
    if (entry.standing == SiteStanding::kEvaluates) {
      row["scores"] = Json::array();
      for (const TaskScore& score : entry.scores) {
        row["scores"].push_back({{"task", score.task.str()},
                                 {"images", score.images},
                                 {"loss", score.loss},
                                 {"metrics", score.metrics}});
      }
    }
    json["sites"].push_back(std::move(row));
  }
  return json;
}

template <typename Values>
Json ListOf(const Values& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(ToJson(value));
  return list;
}

/// Foreign bytes that are no UTF-8 are shown as such.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string JsonText(const RunChange& change) { return Line(ToJson(change)); }
std::string JsonText(const std::vector<RunSummary>& runs) { return Line(ListOf(runs)); }
std::string JsonText(const std::vector<SiteStatus>& sites) { return Line(ListOf(sites)); }
std::string JsonText(const std::vector<LedgerRound>& rounds) { return Line(ListOf(rounds)); }

std::string JsonText(const RunDetail& detail) {
  Json json = ToJson(detail.summary);
  json["changes"] = ListOf(detail.changes);
  json["enrolled"] = ListOf(detail.sites);
  json["rounds"] = ListOf(detail.rounds);
  json["proposed_deadline"] = nullptr;
  if (detail.proposed) {
    json["proposed_deadline"] = {{"seconds", Seconds(detail.proposed->deadline)},
                                 {"slowest_site", detail.proposed->slowest.str()},
                                 {"slowest_seconds", Seconds(detail.proposed->took)}};
  }
  json["plan_yaml"] = detail.plan;
  return Line(json);
}

std::string JsonText(const AdminEvent& event) {
  return Line({{"sequence", event.sequence},
               {"at_millis", event.at.millis},
               {"run", event.run.str()},
               {"actor", event.actor},
               {"text", event.text}});
}

}  // namespace consilium
