#include "site_client/local_training.h"

#include "common/base/random_stream.h"
#include "common/nn/state.h"
#include "common/training/trainer.h"
#include "common/training/trainer_state.h"

#include <algorithm>
#include <optional>
#include <sstream>
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

/// The checkpoint to go on from, if it is one of this network; `epochs` in all.
std::optional<EpochCheckpoint> Left(const MultiTaskNet& net, const LocalRound& round, int epochs) {
  if (round.checkpoints == nullptr) return std::nullopt;
  std::optional<EpochCheckpoint> left = round.checkpoints->Find(round.stream);
  if (!left) return std::nullopt;
  const bool fits = left->epochs <= epochs && left->losses.size() == round.plan->tasks.size() &&
                    *left->net.layout == *LayoutOf(*net) &&
                    UnpackTrainerMemory(*net, left->trainer).ok();
  if (fits) return left;
  round.checkpoints->Drop(round.stream, round.stream + ": is of another network");
  return std::nullopt;
}

LocalOutcome OutcomeOf(const EpochCheckpoint& left, const std::vector<TaskSpec>& tasks) {
  LocalOutcome outcome{left.images_used, left.steps, {}};
  outcome.losses.reserve(tasks.size());
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    TaskCounts& task = outcome.losses.emplace_back(EmptyCounts(tasks[j]));
    task.n = left.losses[j].n;
    task.loss_sum = left.losses[j].loss_sum;
  }
  return outcome;
}

Trainer::Options OptionsOf(const Phase& phase, const Instruction& instruction,
                           const LocalRound& round) {
  const RunPlan& plan = *round.plan;
  Trainer::Options options;
  options.training = plan.training;
  options.compute = round.compute;
  options.make_replica = [&round] { return round.make_net(*round.plan); };
  options.loss_factors = FactorsOf(instruction, plan.tasks);
  options.interrupt = round.interrupt;
  options.frozen = phase.frozen;
  options.terms = round.terms;
  return options;
}

}  // namespace

std::string InputsOfRound(const Dataset& data, const Indices& train, const Instruction& instruction,
                          const RunPlan& plan) {
  std::ostringstream text;
  text << std::hexfloat;
  const TrainingOptions& training = plan.training;
  const StrategyOptions& strategy = plan.strategy_options;
  text << "format 1\nrun " << plan.run << " seed " << plan.seed << " epochs "
       << plan.rounds.local_epochs << " backbone " << plan.backbone << " size " << plan.image_size
       << " heads " << ToString(plan.heads) << " normalisation " << ToString(plan.normalisation)
       << "\nstrategy " << plan.strategy << ' ' << strategy.proximal_mu << ' '
       << strategy.ditto_lambda << ' ' << strategy.head_epochs << "\ntraining "
       << ToString(training.optimizer) << ' ' << training.weight_decay << ' ' << training.momentum
       << ' ' << training.batch_size << ' ' << training.full_batch << ' ' << training.augment << ' '
       << training.dropout << ' ' << training.freeze_normalisation << ' ' << training.class_weights
       << ' ' << ToString(training.reduction) << ' ' << training.freeze_stages;
  for (const RateFactor& rate : training.learning_rate_factors) {
    text << ' ' << rate.prefix << ' ' << rate.factor;
  }
  text << "\nround " << instruction.round << " rate " << instruction.learning_rate;
  const std::vector<double> factors = FactorsOf(instruction, plan.tasks);
  for (std::size_t j = 0; j < plan.tasks.size(); ++j) {
    text << "\ntask " << plan.tasks[j].id << ' ' << plan.tasks[j].weight << ' ' << factors[j];
  }
  for (const std::int64_t index : train) {
    const Sample& sample = data.samples[static_cast<std::size_t>(index)];
    text << '\n' << sample.image;
    for (const std::vector<int>& labels : sample.labels) {
      text << ';';
      for (const int label : labels) text << ' ' << label;
    }
  }
  return text.str();
}

Result<LocalOutcome> TrainLocally(const MultiTaskNet& net, const Dataset& data,
                                  const Indices& train, const Instruction& instruction,
                                  const LocalRound& round) {
  const RunPlan& plan = *round.plan;
  const std::vector<Phase> phases = PhasesOf(plan);
  int own = 0;
  for (const Phase& phase : phases) own += phase.epochs;
  const int planned = round.epochs_before + own + round.epochs_after;
  LocalOutcome outcome;
  int done = 0;
  const std::optional<EpochCheckpoint> left = Left(net, round, own);
  if (left) {
    CONSILIUM_RETURN_IF_ERROR(WriteState(*net.ptr(), left->net));
    outcome = OutcomeOf(*left, plan.tasks);
    done = left->epochs;
  }
  int epoch = 0;
  for (const Phase& phase : phases) {
    const int first = epoch;
    const int end = epoch + phase.epochs;
    epoch = std::clamp(done, first, end);
    if (epoch == end) continue;
    Trainer::Options options = OptionsOf(phase, instruction, round);
    options.on_step = [&](std::int64_t step, std::int64_t steps) {
      if (!round.on_progress) return;
      const std::int64_t before = round.epochs_before + epoch;
      round.on_progress({plan.run, instruction.round, round.site, before * steps + step,
                         planned * steps, SiteActivity::kTraining});
    };
    Trainer trainer(net, data, train, std::move(options));
    if (epoch > first) CONSILIUM_RETURN_IF_ERROR(trainer.Restore(left->trainer));
    for (; epoch < end; ++epoch) {
      const std::uint64_t seed =
          StreamSeed(plan.seed, {round.stream, round.site.str(), std::to_string(instruction.round),
                                 std::to_string(epoch)});
      CONSILIUM_ASSIGN_OR_RETURN(EpochResult result,
                                 trainer.RunEpoch(instruction.learning_rate, seed));
      outcome.images_used += result.images;
      outcome.steps += result.steps;
      outcome.losses = std::move(result.tasks);
      const bool more = round.epochs_before + epoch + 1 < planned;
      if (!more || round.checkpoints == nullptr || !round.checkpoints->keeps()) continue;
      round.checkpoints->Put(round.stream, {epoch + 1, outcome.images_used, outcome.steps,
                                            outcome.losses, ReadState(*net), trainer.State()});
    }
  }
  return outcome;
}

}  // namespace consilium
