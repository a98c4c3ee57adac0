#include "common/wire/admin_proto.h"

#include <utility>

namespace consilium {
namespace {

v1::LedgerRound ToProto(const LedgerRound& round) {
  v1::LedgerRound message;
  message.set_round(round.round);
  message.set_attempts(round.attempts);
  message.set_closed(round.closed);
  if (round.validation_loss) message.set_validation_loss(*round.validation_loss);
  for (const LedgerEntry& entry : round.sites) {
    v1::LedgerEntry& row = *message.add_sites();
    row.set_site(entry.site.str());
    row.set_standing(std::string(ToString(entry.standing)));
    row.set_why(entry.why);
  }
  return message;
}

Result<LedgerRound> FromProto(const v1::LedgerRound& message) {
  LedgerRound round;
  round.round = message.round();
  round.attempts = message.attempts();
  round.closed = message.closed();
  if (message.has_validation_loss()) round.validation_loss = message.validation_loss();
  round.sites.reserve(static_cast<std::size_t>(message.sites_size()));
  for (const v1::LedgerEntry& row : message.sites()) {
    const Result<SiteStanding> standing = ParseSiteStanding(row.standing());
    if (!standing.ok()) return standing.status().WithContext("ledger.standing");
    round.sites.push_back({SiteId(row.site()), *standing, row.why()});
  }
  return round;
}

}  // namespace

v1::RunChange ToProto(const RunChange& change) {
  v1::RunChange message;
  message.set_sequence(change.sequence);
  message.set_at_millis(change.at.millis);
  message.set_run(change.run.str());
  message.set_state(std::string(ToString(change.state)));
  message.set_cause(change.cause);
  message.set_actor(change.actor);
  return message;
}

v1::RunSummary ToProto(const RunSummary& summary) {
  v1::RunSummary message;
  *message.mutable_last() = ToProto(summary.last);
  message.set_round(summary.round);
  message.set_rounds_planned(summary.rounds_planned);
  message.set_sites(summary.sites);
  if (summary.best_loss) message.set_best_loss(*summary.best_loss);
  return message;
}

v1::SiteStatus ToProto(const SiteStatus& status) {
  v1::SiteStatus message;
  message.set_site(status.site.str());
  message.set_run(status.run.str());
  message.set_doing(status.doing);
  return message;
}

v1::RunDetail ToProto(const RunDetail& detail) {
  v1::RunDetail message;
  *message.mutable_summary() = ToProto(detail.summary);
  for (const RunChange& change : detail.changes) *message.add_changes() = ToProto(change);
  for (const SiteStatus& site : detail.sites) *message.add_sites() = ToProto(site);
  for (const LedgerRound& round : detail.rounds) *message.add_rounds() = ToProto(round);
  message.set_plan_yaml(detail.plan);
  return message;
}

v1::AdminEvent ToProto(const AdminEvent& event) {
  v1::AdminEvent message;
  message.set_sequence(event.sequence);
  message.set_at_millis(event.at.millis);
  message.set_run(event.run.str());
  message.set_actor(event.actor);
  message.set_text(event.text);
  return message;
}

Result<RunChange> FromProto(const v1::RunChange& message) {
  const Result<RunState> state = ParseRunState(message.state());
  if (!state.ok()) return state.status().WithContext("run.state");
  return RunChange{message.sequence(), {message.at_millis()}, RunId(message.run()), *state,
                   message.cause(),    message.actor()};
}

Result<RunSummary> FromProto(const v1::RunSummary& message) {
  RunSummary summary;
  CONSILIUM_ASSIGN_OR_RETURN(summary.last, FromProto(message.last()));
  summary.round = message.round();
  summary.rounds_planned = message.rounds_planned();
  summary.sites = message.sites();
  if (message.has_best_loss()) summary.best_loss = message.best_loss();
  return summary;
}

SiteStatus FromProto(const v1::SiteStatus& message) {
  return {SiteId(message.site()), RunId(message.run()), message.doing()};
}

Result<RunDetail> FromProto(const v1::RunDetail& message) {
  RunDetail detail;
  CONSILIUM_ASSIGN_OR_RETURN(detail.summary, FromProto(message.summary()));
  for (const v1::RunChange& change : message.changes()) {
    CONSILIUM_ASSIGN_OR_RETURN(RunChange plain, FromProto(change));
    detail.changes.push_back(std::move(plain));
  }
  for (const v1::SiteStatus& site : message.sites()) detail.sites.push_back(FromProto(site));
  for (const v1::LedgerRound& round : message.rounds()) {
    CONSILIUM_ASSIGN_OR_RETURN(LedgerRound plain, FromProto(round));
    detail.rounds.push_back(std::move(plain));
  }
  detail.plan = message.plan_yaml();
  return detail;
}

AdminEvent FromProto(const v1::AdminEvent& message) {
  return {message.sequence(),
          {message.at_millis()},
          RunId(message.run()),
          message.actor(),
          message.text()};
}

}  // namespace consilium
