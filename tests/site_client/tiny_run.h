/// A run of the tiny net: its plan, offer and first model, and instructions by hand.
#pragma once

#include "common/federation/messages.h"
#include "common/federation/strategies/scaffold.h"
#include "common/nn/state.h"
#include "site_client/site_runner.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <memory>
#include <utility>
#include <vector>

namespace consilium {

struct TinyRun {
  RunOffer offer;
  Bytes initial;         // complete state
  ParameterBlob shared;  // what of it travels
};

inline RunPlan TinyPlan() {
  RunPlan plan;
  plan.run = RunId("run");
  plan.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  plan.image_size = 8;
  plan.validation_fraction = 0.25;
  plan.training.batch_size = 4;
  plan.training.learning_rate = 1e-2;
  plan.rounds.local_epochs = 2;
  return plan;
}

inline TinyRun MakeTinyRun(const RunPlan& plan, const NetFactory& make_net = MakeTinyNetOfPlan) {
  const MultiTaskNet net = make_net(plan).value();
  const ParameterBlob state = ReadState(*net);
  TinyRun run;
  run.offer.plan = plan;
  run.offer.initial = {"", state.bytes.size(), kInitialModel};
  run.offer.layout_fingerprint = state.layout->Fingerprint();
  run.initial = state.bytes;
  run.shared =
      WithControls(plan, Subset(state, SharedEntries(plan, *state.layout)).value()).value();
  return run;
}

inline SiteRunner::Options TinyOptions(const std::string& site) {
  SiteRunner::Options options;
  options.site = SiteId(site);
  options.make_net = MakeTinyNetOfPlan;
  return options;
}

inline std::shared_ptr<const Dataset> TinyData(const std::vector<Holding>& holdings,
                                               std::uint64_t seed = 1) {
  return std::make_shared<const Dataset>(MakeTinyData(holdings, 8, seed));
}

/// As a session makes it, joining apart.
inline Result<std::unique_ptr<SiteRunner>> BegunRunner(SiteRunner::Options options,
                                                       const TinyRun& run,
                                                       std::shared_ptr<const Dataset> data) {
  CONSILIUM_ASSIGN_OR_RETURN(std::unique_ptr<SiteRunner> runner,
                             SiteRunner::Create(std::move(options), run.offer, std::move(data)));
  CONSILIUM_RETURN_IF_ERROR(runner->Begin(run.initial));
  return runner;
}

/// Model version = round.
inline Instruction TrainRound(RoundNumber round, RoundNumber best_version = 0) {
  Instruction instruction;
  instruction.kind = InstructionKind::kTrain;
  instruction.round = round;
  instruction.model.version = round;
  instruction.learning_rate = 1e-2;
  instruction.best_version = best_version;
  return instruction;
}

inline Instruction EvaluateVersion(RoundNumber version) {
  Instruction instruction;
  instruction.kind = InstructionKind::kEvaluate;
  instruction.round = version - 1;
  instruction.model.version = version;
  return instruction;
}

inline Instruction FinishWith(RoundNumber best_version) {
  Instruction instruction;
  instruction.kind = InstructionKind::kFinish;
  instruction.model.version = best_version;
  instruction.best_version = best_version;
  return instruction;
}

}  // namespace consilium
