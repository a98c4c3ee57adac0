#include "site_client/site_session.h"

#include "site_client/compute_slot.h"

#include <utility>

namespace consilium {
namespace {

Status Submit(Transport& transport, const SiteReport& report) {
  if (const auto* update = std::get_if<SiteUpdate>(&report)) {
    return transport.SubmitUpdate(update->header, update->encoded);
  }
  return transport.SubmitEvaluation(std::get<EvaluationReport>(report));
}

Result<SiteReport> Compute(SiteRunner& runner, const Instruction& instruction, Bytes model,
                           const SessionOptions& options) {
  const auto begin = [&](SiteActivity activity) {
    if (options.on_activity) options.on_activity(activity, instruction.round);
  };
  begin(SiteActivity::kQueueing);
  const ComputeSlot slot(options.compute_slots);
  const bool trains = instruction.kind == InstructionKind::kTrain;
  begin(trains ? SiteActivity::kTraining : SiteActivity::kEvaluating);
  return runner.Execute(instruction, std::move(model));
}

/// A round may close without us: the next instruction says how it goes on.
Status UnlessTooLate(const Status& status) {
  return status.code() == StatusCode::kFailedPrecondition ? OkStatus() : status;
}

Status Join(Transport& transport, const SiteRunner& runner) {
  const SiteDeclaration declaration = runner.Declaration();
  Status joined = transport.Join(declaration);
  if (joined.code() != StatusCode::kAlreadyExists) return joined;
  return {joined.code(),
          joined.message() + "; its images have changed since (" +
              std::to_string(declaration.set_aside) +
              " are set aside now): bring back those of before, or wait for the next run"};
}

/// Says why the site stays away, where it can be said: nobody should be missed silently.
Status Declined(Transport& transport, const SiteId& site, SiteObstacle obstacle, Status reason) {
  if (reason.code() == StatusCode::kCancelled) return reason;
  SiteDeclaration declaration;
  declaration.site = site;
  declaration.obstacle = obstacle;
  static_cast<void>(transport.Join(declaration).ok());
  return reason;
}

/// Restored from a backup that was taken before we joined, an aggregator does not know us.
Status JoinAgain(Transport& transport, const SiteRunner& runner, const RunId& run) {
  CONSILIUM_ASSIGN_OR_RETURN(const RunOffer offer, transport.GetRun());
  if (offer.plan.run == run) return Join(transport, runner);
  return FailedPrecondition("run " + run.str() + ": is not known to the aggregator any more, it " +
                            "offers run " + offer.plan.run.str() + ": start again for that one");
}

/// Joined, with the run's first model taken over. No model moves before the declaration is accepted.
Result<std::unique_ptr<SiteRunner>> Begun(Transport& transport, const RunOffer& offer,
                                          SessionOptions& options) {
  const SiteId site = options.runner.site;
  Result<std::shared_ptr<const Dataset>> data = options.load_data(offer.plan);
  if (!data.ok()) return Declined(transport, site, SiteObstacle::kData, data.status());
  Result<std::unique_ptr<SiteRunner>> runner =
      SiteRunner::Create(std::move(options.runner), offer, *std::move(data));
  if (!runner.ok()) return Declined(transport, site, SiteObstacle::kNetwork, runner.status());
  CONSILIUM_RETURN_IF_ERROR(Join(transport, **runner));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes initial, transport.FetchModel(offer.initial));
  const Status begun = (*runner)->Begin(initial);
  if (!begun.ok()) return Declined(transport, site, SiteObstacle::kData, begun);
  return runner;
}

Result<Bytes> Fetched(Transport& transport, const SiteRunner& runner, const ModelRef& model) {
  CONSILIUM_ASSIGN_OR_RETURN(Bytes fetched, transport.FetchModel(model));
  return runner.Unpacked(std::move(fetched));
}

Status Obey(Transport& transport, SiteRunner& runner, const Instruction& instruction,
            const SessionOptions& options) {
  Result<Bytes> model = runner.Held(instruction.model);
  if (model.ok() && model->empty()) model = Fetched(transport, runner, instruction.model);
  if (!model.ok()) return UnlessTooLate(model.status());
  CONSILIUM_ASSIGN_OR_RETURN(const SiteReport report,
                             Compute(runner, instruction, *std::move(model), options));
  const Status submitted = Submit(transport, report);
  if (submitted.ok() && instruction.kind == InstructionKind::kTrain) runner.Delivered();
  // Not found is the site itself, which the next question finds out again.
  return submitted.code() == StatusCode::kNotFound ? OkStatus() : UnlessTooLate(submitted);
}

}  // namespace

Result<SessionResult> RunSiteSession(Transport& transport, SessionOptions options) {
  const Interrupt* interrupt = options.runner.interrupt;
  CONSILIUM_ASSIGN_OR_RETURN(const RunOffer offer, transport.GetRun());
  CONSILIUM_ASSIGN_OR_RETURN(const std::unique_ptr<SiteRunner> runner,
                             Begun(transport, offer, options));

  while (interrupt == nullptr || !interrupt->Requested()) {
    const Result<Instruction> told = transport.NextInstruction(options.patience);
    if (told.status().code() == StatusCode::kNotFound) {
      CONSILIUM_RETURN_IF_ERROR(JoinAgain(transport, *runner, offer.plan.run));
      continue;
    }
    CONSILIUM_ASSIGN_OR_RETURN(const Instruction instruction, told);
    if (options.on_instruction) options.on_instruction(instruction.paused);
    if (instruction.kind == InstructionKind::kWait) continue;
    if (instruction.kind == InstructionKind::kFinish) {
      CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob local, runner->LocalState(instruction.best_version));
      return SessionResult{offer.plan, instruction.best_version, instruction.model,
                           std::move(local)};
    }
    CONSILIUM_RETURN_IF_ERROR(Obey(transport, *runner, instruction, options));
  }
  return Cancelled("site session: interrupted");
}

}  // namespace consilium
