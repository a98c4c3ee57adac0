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
    row.set_took_millis(entry.took.count());
    for (const TaskScore& score : entry.scores) {
      v1::TaskScore& added = *row.add_scores();
      added.set_task(score.task.str());
      added.set_images(score.images);
      added.set_loss(score.loss);
      added.mutable_metrics()->insert(score.metrics.begin(), score.metrics.end());
    }
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
    LedgerEntry entry{SiteId(row.site()), *standing, row.why(), {}, Millis(row.took_millis())};
    entry.scores.reserve(static_cast<std::size_t>(row.scores_size()));
    for (const v1::TaskScore& score : row.scores()) {
      entry.scores.push_back({TaskId(score.task()),
                              score.images(),
                              score.loss(),
                              {score.metrics().begin(), score.metrics().end()}});
    }
    round.sites.push_back(std::move(entry));
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
  message.set_trouble(summary.trouble);
  return message;
}

v1::SiteStatus ToProto(const SiteStatus& status) {
  v1::SiteStatus message;
  message.set_site(status.site.str());
  message.set_run(status.run.str());
  message.set_doing(status.doing);
  message.set_health(std::string(ToString(status.pulse.health)));
  message.set_activity(std::string(ToString(status.pulse.activity)));
  message.set_steps_done(status.pulse.steps_done);
  message.set_steps_planned(status.pulse.steps_planned);
  message.set_step_millis(status.pulse.step.count());
  message.set_idle_millis(status.pulse.idle.count());
  if (status.pulse.left) message.set_left_millis(status.pulse.left->count());
  return message;
}

v1::RunDetail ToProto(const RunDetail& detail) {
  v1::RunDetail message;
  *message.mutable_summary() = ToProto(detail.summary);
  for (const RunChange& change : detail.changes) *message.add_changes() = ToProto(change);
  for (const SiteStatus& site : detail.sites) *message.add_sites() = ToProto(site);
  for (const LedgerRound& round : detail.rounds) *message.add_rounds() = ToProto(round);
  message.set_plan_yaml(detail.plan);
  if (detail.proposed) {
    v1::DeadlineProposal& proposed = *message.mutable_proposed();
    proposed.set_deadline_millis(detail.proposed->deadline.count());
    proposed.set_slowest(detail.proposed->slowest.str());
    proposed.set_took_millis(detail.proposed->took.count());
  }
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
  summary.trouble = message.trouble();
  return summary;
}

Result<SiteStatus> FromProto(const v1::SiteStatus& message) {
  SiteStatus status{SiteId(message.site()), RunId(message.run()), message.doing()};
  SitePulse& pulse = status.pulse;
  CONSILIUM_ASSIGN_OR_RETURN(pulse.health, ParseSiteHealth(message.health()));
  CONSILIUM_ASSIGN_OR_RETURN(pulse.activity, ParseSiteActivity(message.activity()));
  pulse.steps_done = message.steps_done();
  pulse.steps_planned = message.steps_planned();
  pulse.step = Millis(message.step_millis());
  pulse.idle = Millis(message.idle_millis());
  if (message.has_left_millis()) pulse.left = Millis(message.left_millis());
  return status;
}

Result<RunDetail> FromProto(const v1::RunDetail& message) {
  RunDetail detail;
  CONSILIUM_ASSIGN_OR_RETURN(detail.summary, FromProto(message.summary()));
  for (const v1::RunChange& change : message.changes()) {
    CONSILIUM_ASSIGN_OR_RETURN(RunChange plain, FromProto(change));
    detail.changes.push_back(std::move(plain));
  }
  for (const v1::SiteStatus& site : message.sites()) {
    CONSILIUM_ASSIGN_OR_RETURN(SiteStatus plain, FromProto(site));
    detail.sites.push_back(std::move(plain));
  }
  if (message.has_proposed()) {
    const v1::DeadlineProposal& proposed = message.proposed();
    detail.proposed = DeadlineProposal{Millis(proposed.deadline_millis()),
                                       SiteId(proposed.slowest()), Millis(proposed.took_millis())};
  }
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

v1::BackupPart ToProto(const BackupPart& part) {
  v1::BackupPart message;
  if (const auto* start = std::get_if<BackupStart>(&part)) {
    v1::BackupStart& to = *message.mutable_start();
    to.set_format(start->format);
    to.set_at_millis(start->at.millis);
    for (const BackedUpRun& run : start->runs) {
      v1::BackedUpRun& row = *to.add_runs();
      row.set_run(run.run.str());
      row.set_state(std::string(ToString(run.state)));
      if (run.round) row.set_round(*run.round);
    }
    to.set_files(start->files);
    to.set_byte_size(start->byte_size);
  } else if (const auto* file = std::get_if<BackupFile>(&part)) {
    message.mutable_file()->set_path(file->path);
    message.mutable_file()->set_byte_size(file->byte_size);
  } else if (const auto* bytes = std::get_if<ByteView>(&part)) {
    message.set_data(bytes->data(), bytes->size());
  } else if (const auto* end = std::get_if<BackupFileEnd>(&part)) {
    message.set_file_sha256(end->sha256);
  }
  return message;
}

Result<BackupPart> FromProto(const v1::BackupPart& message) {
  switch (message.part_case()) {
    case v1::BackupPart::kStart: {
      const v1::BackupStart& from = message.start();
      BackupStart start{from.format(), {from.at_millis()}, {}, from.files(), from.byte_size()};
      if (start.files < 0) return InvalidArgument("backup.files: expected 0 or more");
      start.runs.reserve(static_cast<std::size_t>(from.runs_size()));
      for (const v1::BackedUpRun& row : from.runs()) {
        const Result<RunState> state = ParseRunState(row.state());
        if (!state.ok()) return state.status().WithContext("backup.runs.state");
        BackedUpRun run{RunId(row.run()), *state, std::nullopt};
        if (row.has_round()) run.round = row.round();
        start.runs.push_back(std::move(run));
      }
      return BackupPart(std::move(start));
    }
    case v1::BackupPart::kFile:
      return BackupPart(BackupFile{message.file().path(), message.file().byte_size()});
    case v1::BackupPart::kData:
      return BackupPart(AsBytes(message.data()));
    case v1::BackupPart::kFileSha256:
      return BackupPart(BackupFileEnd{message.file_sha256()});
    case v1::BackupPart::PART_NOT_SET:
      break;
  }
  return InvalidArgument("backup: a part without content, expected one that this program knows");
}

}  // namespace consilium
