#include "site_client/local_training.h"

#include "common/base/random_stream.h"
#include "common/training/trainer.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

struct Phase {
  int epochs = 0;
  std::vector<std::string> frozen;
};

std::vector<Phase> PhasesOf(const RunPlan& plan) {
  const int epochs = plan.rounds.local_epochs;
  if (plan.strategy != "fedrep") return {{epochs, {}}};
  return {{plan.strategy_options.head_epochs, {"backbone"}}, {epochs, {"heads"}}};
}

/// In the order of the tasks; 1 where the instruction names none.
std::vector<double> FactorsOf(const Instruction& instruction, const std::vector<TaskSpec>& tasks) {
  std::vector<double> factors;
  factors.reserve(tasks.size());
  for (const TaskSpec& task : tasks) {
    const auto found =
        std::find_if(instruction.loss_factors.begin(), instruction.loss_factors.end(),
                     [&](const LossFactor& factor) { return factor.task == task.id; });
    factors.push_back(found == instruction.loss_factors.end() ? 1 : found->factor);
  }
  return factors;
}

}  // namespace

Result<LocalOutcome> TrainLocally(const MultiTaskNet& net, const Dataset& data,
                                  const Indices& train, const Instruction& instruction,
                                  const LocalRound& round) {
  const RunPlan& plan = *round.plan;
  const std::vector<Phase> phases = PhasesOf(plan);
  int planned = round.epochs_before + round.epochs_after;
  for (const Phase& phase : phases) planned += phase.epochs;
  int epoch = 0;
  LocalOutcome outcome;
  for (const Phase& phase : phases) {
    Trainer::Options options;
    options.training = plan.training;
    options.compute = round.compute;
    options.make_replica = [&] { return round.make_net(plan); };
    options.loss_factors = FactorsOf(instruction, plan.tasks);
    options.interrupt = round.interrupt;
    options.frozen = phase.frozen;
    options.terms = round.terms;
    options.on_step = [&](std::int64_t done, std::int64_t steps) {
      if (!round.on_progress) return;
      const std::int64_t before = round.epochs_before + epoch;
      round.on_progress(
          {plan.run, instruction.round, round.site, before * steps + done, planned * steps});
    };
    Trainer trainer(net, data, train, std::move(options));
    for (int i = 0; i < phase.epochs; ++i, ++epoch) {
      const std::uint64_t seed =
          StreamSeed(plan.seed, {round.stream, round.site.str(), std::to_string(instruction.round),
                                 std::to_string(epoch)});
      CONSILIUM_ASSIGN_OR_RETURN(EpochResult result,
                                 trainer.RunEpoch(instruction.learning_rate, seed));
      outcome.images_used += result.images;
      outcome.steps += result.steps;
      outcome.losses = std::move(result.tasks);
    }
  }
  return outcome;
}

}  // namespace consilium
