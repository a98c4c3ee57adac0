#include "site_client/site_runner.h"

#include "common/base/random_stream.h"
#include "common/nn/compute.h"
#include "common/nn/state.h"
#include "common/nn/torch_guard.h"
#include "common/training/evaluate.h"
#include "common/training/trainer.h"
#include "site_client/local_state_store.h"
#include "site_client/update_packer.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

Status AtSite(const SiteId& site, const std::string& problem) {
  return InvalidArgument("site " + site.str() + ": " + problem);
}

/// n_sj of every task with a training label.
std::vector<TaskHolding> HoldingsOf(const Dataset& data, const Split& split) {
  std::vector<TaskHolding> holdings;
  for (std::size_t j = 0; j < data.tasks.size(); ++j) {
    const std::int64_t train = CountLabelled(data, split.train, j);
    if (train == 0) continue;
    holdings.push_back({data.tasks[j].id, train, CountLabelled(data, split.validation, j)});
  }
  return holdings;
}

/// In the order of the tasks; 1 where the instruction names none.
std::vector<double> FactorsOf(const Instruction& instruction, const std::vector<TaskSpec>& tasks) {
  std::vector<double> factors;
  for (const TaskSpec& task : tasks) {
    const auto found =
        std::find_if(instruction.loss_factors.begin(), instruction.loss_factors.end(),
                     [&](const LossFactor& factor) { return factor.task == task.id; });
    factors.push_back(found == instruction.loss_factors.end() ? 1 : found->factor);
  }
  return factors;
}

class SiteRunnerImpl : public SiteRunner {
 public:
  SiteRunnerImpl(Options options, const RunOffer& offer, std::shared_ptr<const Dataset> data,
                 MultiTaskNet net, std::shared_ptr<const Layout> shared, LocalStateStore local,
                 UpdatePacker packer)
      : options_(std::move(options)),
        plan_(offer.plan),
        fingerprint_(offer.layout_fingerprint),
        data_(std::move(data)),
        net_(std::move(net)),
        shared_layout_(std::move(shared)),
        local_(std::move(local)),
        packer_(std::move(packer)),
        split_(SplitByPatient(*data_, AllSamples(*data_), plan_.validation_fraction, plan_.seed,
                              options_.site.str())) {}

  SiteDeclaration Declaration() const override {
    return {options_.site, static_cast<std::int64_t>(split_.train.size()),
            HoldingsOf(*data_, split_), fingerprint_};
  }

  Result<SiteReport> Execute(const Instruction& instruction, const Bytes& model) override {
    return GuardTorch("executing an instruction", [&] { return Obey(instruction, model); });
  }

  Result<ParameterBlob> LocalState(RoundNumber version) const override {
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob all, local_.At(version));
    if (all.layout == nullptr) return all;
    return Subset(all, [this](const EntrySpec& entry) {
      const TaskId head = HeadOf(entry);
      return head.empty() || Trains(head);
    });
  }

 private:
  bool Trains(const TaskId& task) const {
    const std::vector<TaskHolding> held = HoldingsOf(*data_, split_);
    return std::ranges::any_of(
        held, [&](const TaskHolding& one) { return one.task == task && one.train > 0; });
  }

  Result<SiteReport> Obey(const Instruction& instruction, const Bytes& model) {
    SetComputeThreads(options_.compute.threads);
    switch (instruction.kind) {
      case InstructionKind::kTrain: {
        CONSILIUM_RETURN_IF_ERROR(LoadModel(instruction.model.version, model));
        CONSILIUM_ASSIGN_OR_RETURN(SiteUpdate update, Train(instruction, model));
        return SiteReport(std::move(update));
      }
      case InstructionKind::kEvaluate: {
        CONSILIUM_RETURN_IF_ERROR(LoadModel(instruction.model.version, model));
        CONSILIUM_ASSIGN_OR_RETURN(EvaluationReport report, Validate(instruction));
        return SiteReport(std::move(report));
      }
      case InstructionKind::kWait:
      case InstructionKind::kFinish:
        break;
    }
    return FailedPrecondition("site " + options_.site.str() +
                              ": only training and evaluation can be executed");
  }

  static Indices AllSamples(const Dataset& data) {
    Indices all;
    for (std::size_t i = 0; i < data.samples.size(); ++i) {
      all.push_back(static_cast<std::int64_t>(i));
    }
    return all;
  }

  /// The shared state from the aggregator, and what is ours of that version.
  Status LoadModel(RoundNumber version, const Bytes& model) {
    if (model.size() != shared_layout_->byte_size()) {
      return DataLoss("site " + options_.site.str() + ": a model of " +
                      std::to_string(model.size()) + " bytes, expected " +
                      std::to_string(shared_layout_->byte_size()));
    }
    CONSILIUM_RETURN_IF_ERROR(WriteState(*net_, {shared_layout_, model}));
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob local, local_.At(version));
    return WriteState(*net_, local);
  }

  Result<SiteUpdate> Train(const Instruction& instruction, const Bytes& model);
  Result<EvaluationReport> Validate(const Instruction& instruction);
  Result<SiteUpdate> Packed(const Instruction& instruction, const Bytes& model);

  Options options_;
  RunPlan plan_;
  std::string fingerprint_;
  std::shared_ptr<const Dataset> data_;
  MultiTaskNet net_;
  std::shared_ptr<const Layout> shared_layout_;
  LocalStateStore local_;
  UpdatePacker packer_;
  Split split_;
};

Result<SiteUpdate> SiteRunnerImpl::Train(const Instruction& instruction, const Bytes& model) {
  const int epochs = plan_.rounds.local_epochs;
  int epoch = 0;
  Trainer::Options trainer_options;
  trainer_options.training = plan_.training;
  trainer_options.compute = options_.compute;
  trainer_options.make_replica = [this] { return options_.make_net(plan_); };
  trainer_options.loss_factors = FactorsOf(instruction, plan_.tasks);
  trainer_options.interrupt = options_.interrupt;
  trainer_options.on_step = [&](std::int64_t done, std::int64_t planned) {
    if (!options_.on_progress) return;
    options_.on_progress(
        {plan_.run, instruction.round, options_.site, epoch * planned + done, epochs * planned});
  };
  Trainer trainer(net_, *data_, split_.train, std::move(trainer_options));
  EpochResult last;
  std::int64_t images_used = 0;
  for (; epoch < epochs; ++epoch) {
    const std::uint64_t seed = StreamSeed(
        plan_.seed,
        {"train", options_.site.str(), std::to_string(instruction.round), std::to_string(epoch)});
    CONSILIUM_ASSIGN_OR_RETURN(last, trainer.RunEpoch(instruction.learning_rate, seed));
    images_used += last.images;
  }
  // The version trained from stays too: a round without quorum is repeated from it.
  const RoundNumber version = instruction.model.version;
  CONSILIUM_RETURN_IF_ERROR(local_.Put(
      version + 1,
      ReadState(*net_, [this](const EntrySpec& entry) { return !IsShared(plan_, entry); })));
  CONSILIUM_RETURN_IF_ERROR(local_.Keep({version, version + 1, instruction.best_version}));
  CONSILIUM_ASSIGN_OR_RETURN(SiteUpdate update, Packed(instruction, model));
  update.header.images_used = images_used;
  update.header.training = std::move(last.tasks);
  return update;
}

Result<SiteUpdate> SiteRunnerImpl::Packed(const Instruction& instruction, const Bytes& model) {
  SiteUpdate update;
  const ParameterBlob shared =
      ReadState(*net_, [this](const EntrySpec& entry) { return IsShared(plan_, entry); });
  CONSILIUM_ASSIGN_OR_RETURN(update.encoded, packer_.Pack(instruction, shared, model));
  update.header.run = plan_.run;
  update.header.round = instruction.round;
  update.header.site = options_.site;
  update.header.codec = plan_.codec;
  update.header.digest = Digest(options_.hasher, update.encoded);
  update.header.byte_size = update.encoded.size();
  return update;
}

Result<EvaluationReport> SiteRunnerImpl::Validate(const Instruction& instruction) {
  EvaluateOptions evaluate;
  evaluate.device = options_.compute.device;
  evaluate.interrupt = options_.interrupt;
  CONSILIUM_ASSIGN_OR_RETURN(std::vector<TaskCounts> counts,
                             Evaluate(net_, *data_, split_.validation, evaluate));
  return EvaluationReport{plan_.run, instruction.model.version, options_.site, std::move(counts)};
}

}  // namespace

Result<std::unique_ptr<SiteRunner>> SiteRunner::Create(Options options, const RunOffer& offer,
                                                       std::shared_ptr<const Dataset> data,
                                                       const Bytes& initial) {
  SetComputeThreads(options.compute.threads);
  const RunPlan& plan = offer.plan;
  if (data->tasks != plan.tasks) {
    return AtSite(options.site, "tasks: its data are prepared for others than the plan's");
  }
  if (data->images.dim() != 3 || data->images.size(1) != plan.image_size) {
    return AtSite(options.site, "image_size: its images do not have the plan's " +
                                    std::to_string(plan.image_size) + " pixels a side");
  }
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, options.make_net(plan));
  const std::shared_ptr<const Layout> layout = LayoutOf(*net);
  if (layout->Fingerprint() != offer.layout_fingerprint) {
    return AtSite(options.site, "layout: the network built here from backbone '" + plan.backbone +
                                    "' has other entries than the run's first model");
  }
  const ParameterBlob first{layout, initial};
  CONSILIUM_RETURN_IF_ERROR(WriteState(*net, first));
  const auto is_shared = [&](const EntrySpec& entry) { return IsShared(plan, entry); };
  const auto is_local = [&](const EntrySpec& entry) { return !IsShared(plan, entry); };
  CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob shared, Subset(first, is_shared));
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob own, Subset(first, is_local));
  const std::string folder = own.layout->entries().empty() ? "" : options.state_folder;
  CONSILIUM_ASSIGN_OR_RETURN(LocalStateStore local,
                             LocalStateStore::Open(folder, plan.run, options.site, own.layout));
  CONSILIUM_RETURN_IF_ERROR(local.Put(0, std::move(own)));
  CONSILIUM_ASSIGN_OR_RETURN(
      UpdatePacker packer,
      UpdatePacker::Open(options.state_folder, plan.run, options.site, plan.codec, shared.layout));
  const SiteId site = options.site;
  auto runner =
      std::make_unique<SiteRunnerImpl>(std::move(options), offer, std::move(data), std::move(net),
                                       shared.layout, std::move(local), std::move(packer));
  if (runner->Declaration().tasks.empty()) {
    return AtSite(site, "data: no training image has a label of the plan's tasks");
  }
  return std::unique_ptr<SiteRunner>(std::move(runner));
}

}  // namespace consilium
