#include "site_client/site_runner.h"

#include "common/codec/model_codec.h"
#include "common/federation/participation.h"
#include "common/federation/strategies/scaffold.h"
#include "common/nn/compute.h"
#include "common/nn/state.h"
#include "common/nn/torch_guard.h"
#include "common/training/evaluate.h"
#include "common/training/layer_rates.h"
#include "site_client/control_variates.h"
#include "site_client/local_state_store.h"
#include "site_client/local_training.h"
#include "site_client/round_checkpoint.h"
#include "site_client/site_declaration.h"
#include "site_client/update_packer.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

Status AtSite(const SiteId& site, const std::string& problem) {
  return InvalidArgument("site " + site.str() + ": " + problem);
}

class SiteRunnerImpl : public SiteRunner {
 public:
  SiteRunnerImpl(Options options, const RunOffer& offer, std::shared_ptr<const Dataset> data,
                 MultiTaskNet net)
      : options_(std::move(options)),
        plan_(offer.plan),
        run_fingerprint_(offer.layout_fingerprint),
        data_(std::move(data)),
        net_(std::move(net)),
        layout_(LayoutOf(*net_)),
        checkpoints_(options_.state_folder, options_.hasher, options_.notify),
        split_(options_.split.has_value() ? *options_.split
                                          : SplitUsable(*data_, plan_.validation_fraction,
                                                        plan_.seed, options_.site.str())) {
    if (!OnlyEvaluates(plan_.rounds, options_.site)) return;
    // On all that it has.
    split_.validation.insert(split_.validation.end(), split_.train.begin(), split_.train.end());
    std::ranges::sort(split_.validation);
    split_.train.clear();
  }

  SiteDeclaration Declaration() const override {
    return Declare(options_.site, *data_, split_, layout_->Fingerprint());
  }

  Status Begin(const Bytes& initial) override {
    SetComputeThreads(options_.compute.threads);
    CONSILIUM_RETURN_IF_ERROR(CheckFits());
    return GuardTorch("taking over the first model", [&] { return TakeOver(initial); });
  }

  Result<Bytes> Held(const ModelRef& model) const override {
    if (evaluated_ != model || model.digest.empty()) return Bytes();
    return GuardTorch("reading the model", [this]() -> Result<Bytes> {
      ParameterBlob held = ReadState(*net_, shared_);
      if (held.bytes.size() != shared_layout_->byte_size()) return Bytes();  // has controls too
      return std::move(held.bytes);
    });
  }

  Result<Bytes> Unpacked(Bytes fetched) const override {
    Result<Bytes> model = model_codec_->Decode(std::move(fetched));
    if (model.ok()) return model;
    return model.status().WithContext("site " + options_.site.str());
  }

  Result<SiteReport> Execute(const Instruction& instruction, Bytes model) override {
    received_ = {shared_layout_, std::move(model)};
    Result<SiteReport> report =
        GuardTorch("executing an instruction", [&] { return Obey(instruction); });
    received_ = {};
    return report;
  }

  void Delivered() override { checkpoints_.End(); }

  Result<ParameterBlob> LocalState(RoundNumber version) const override {
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob all, local_->At(version));
    if (all.layout == nullptr) return all;
    return Subset(all, [this](const EntrySpec& entry) {
      const TaskId head = HeadOf(entry);
      return !IsControl(entry) && (head.empty() || Trains(head));
    });
  }

 private:
  bool Trains(const TaskId& task) const {
    const auto found = std::ranges::find(data_->tasks, task, &TaskSpec::id);
    return found != data_->tasks.end() &&
           CountLabelled(*data_, split_.train,
                         static_cast<std::size_t>(found - data_->tasks.begin())) > 0;
  }

  /// Of data and network with the plan: what an older aggregator does not judge.
  Status CheckFits() const;
  Status TakeOver(const Bytes& initial);

  Result<SiteReport> Obey(const Instruction& instruction) {
    SetComputeThreads(options_.compute.threads);
    evaluated_.reset();
    switch (instruction.kind) {
      case InstructionKind::kTrain: {
        CONSILIUM_RETURN_IF_ERROR(LoadModel(instruction.model.version));
        CONSILIUM_ASSIGN_OR_RETURN(SiteUpdate update, Train(instruction));
        return SiteReport(std::move(update));
      }
      case InstructionKind::kEvaluate: {
        CONSILIUM_RETURN_IF_ERROR(LoadModel(instruction.model.version));
        CONSILIUM_ASSIGN_OR_RETURN(EvaluationReport report, Validate(instruction));
        evaluated_ = instruction.model;
        return SiteReport(std::move(report));
      }
      case InstructionKind::kWait:
      case InstructionKind::kFinish:
        break;
    }
    return FailedPrecondition("site " + options_.site.str() +
                              ": only training and evaluation can be executed");
  }

  /// The shared state from the aggregator, and what is ours of that version.
  Status LoadModel(RoundNumber version) {
    if (received_.bytes.size() != shared_layout_->byte_size()) {
      return DataLoss("site " + options_.site.str() + ": a model of " +
                      std::to_string(received_.bytes.size()) + " bytes, expected " +
                      std::to_string(shared_layout_->byte_size()));
    }
    CONSILIUM_ASSIGN_OR_RETURN(global_controls_, ControlsIn(received_));
    if (LooksBack()) {
      CONSILIUM_ASSIGN_OR_RETURN(started_from_, WithoutControls(received_));
      CONSILIUM_RETURN_IF_ERROR(WriteState(*net_, started_from_));
    } else {  // has no controls: those are scaffold's
      CONSILIUM_RETURN_IF_ERROR(WriteState(*net_, received_));
    }
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob local, local_->At(version));
    CONSILIUM_ASSIGN_OR_RETURN(own_controls_, ControlsIn(local));
    CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob own, WithoutControls(local));
    if (!HasOwnModel()) return WriteState(*net_, own);
    own_model_ = own;
    return OkStatus();
  }

  Result<SiteUpdate> Train(const Instruction& instruction);
  Result<EvaluationReport> Validate(const Instruction& instruction);
  /// Whether the strategy asks for the model that the round started from.
  bool LooksBack() const {
    return plan_.strategy == "fedprox" || plan_.strategy == "scaffold" || HasOwnModel();
  }
  bool HasOwnModel() const { return plan_.strategy == "ditto"; }
  Result<LocalRound> RoundOf();
  Result<ParameterBlob> StartedFrom() const;
  /// What stays at the site after the round: the entries that are not shared, or its own model.
  Result<ParameterBlob> LocalAfter(const Instruction& instruction);
  Result<NewControls> ControlsAfter(const Instruction& instruction, std::int64_t steps);
  Result<SiteUpdate> Packed(const Instruction& instruction, const ParameterBlob& sent);

  Options options_;
  RunPlan plan_;
  std::string run_fingerprint_;
  std::shared_ptr<const Dataset> data_;
  MultiTaskNet net_;
  std::shared_ptr<const Layout> layout_;  // of the network
  // From Begin on.
  std::shared_ptr<const Layout> shared_layout_;   // of what travels, controls included
  std::function<bool(const EntrySpec&)> shared_;  // of the network's entries
  std::optional<LocalStateStore> local_;
  std::optional<UpdatePacker> packer_;
  std::optional<ModelCodec> model_codec_;
  // Of all rounds.
  RoundCheckpoints checkpoints_;
  Split split_;
  std::optional<ModelRef> evaluated_;  // whose values are in the network
  // Of the instruction at hand.
  ParameterBlob received_;      // the model, controls included; empty between instructions
  ParameterBlob started_from_;  // the network's shared state, where the strategy looks back at it
  ParameterBlob global_controls_;
  ParameterBlob own_controls_;
  ParameterBlob own_model_;  // under ditto: complete, pulled towards the model that all train
};

Result<ParameterBlob> SiteRunnerImpl::StartedFrom() const {
  return Subset(started_from_,
                [](const EntrySpec& entry) { return KindOf(entry) == EntryKind::kParameter; });
}

Result<LocalRound> SiteRunnerImpl::RoundOf() {
  LocalRound round;
  round.plan = &plan_;
  round.site = options_.site;
  round.compute = options_.compute;
  round.make_net = options_.make_net;
  round.interrupt = options_.interrupt;
  round.on_progress = options_.on_progress;
  round.checkpoints = &checkpoints_;
  if (HasOwnModel()) round.epochs_after = plan_.rounds.local_epochs;
  if (plan_.strategy == "fedprox") {
    round.terms.proximal_mu = plan_.strategy_options.proximal_mu;
    CONSILIUM_ASSIGN_OR_RETURN(round.terms.anchor, StartedFrom());
  }
  CONSILIUM_ASSIGN_OR_RETURN(round.terms.shift, Correction(global_controls_, own_controls_));
  return round;
}

Result<ParameterBlob> SiteRunnerImpl::LocalAfter(const Instruction& instruction) {
  if (!HasOwnModel()) {
    return ReadState(*net_, [this](const EntrySpec& entry) { return !shared_(entry); });
  }
  CONSILIUM_ASSIGN_OR_RETURN(LocalRound round, RoundOf());
  round.stream = "own model";
  std::swap(round.epochs_before, round.epochs_after);
  round.terms.proximal_mu = plan_.strategy_options.ditto_lambda;
  CONSILIUM_ASSIGN_OR_RETURN(round.terms.anchor, StartedFrom());
  CONSILIUM_RETURN_IF_ERROR(WriteState(*net_, own_model_));
  CONSILIUM_RETURN_IF_ERROR(TrainLocally(net_, *data_, split_.train, instruction, round).status());
  return ReadState(*net_);
}

Result<SiteUpdate> SiteRunnerImpl::Train(const Instruction& instruction) {
  checkpoints_.Begin(instruction.round, instruction.model,
                     InputsOfRound(*data_, split_.train, instruction, plan_));
  CONSILIUM_ASSIGN_OR_RETURN(const LocalRound round, RoundOf());
  CONSILIUM_ASSIGN_OR_RETURN(LocalOutcome outcome,
                             TrainLocally(net_, *data_, split_.train, instruction, round));
  CONSILIUM_ASSIGN_OR_RETURN(const NewControls controls, ControlsAfter(instruction, outcome.steps));
  CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob sent,
                             Joined(ReadState(*net_, shared_), controls.sent));
  CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob own, LocalAfter(instruction));
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob kept, Joined(own, controls.own));
  // The version trained from stays too: a round without quorum is repeated from it.
  const RoundNumber version = instruction.model.version;
  CONSILIUM_RETURN_IF_ERROR(local_->Put(version + 1, std::move(kept)));
  CONSILIUM_RETURN_IF_ERROR(local_->Keep({version, version + 1, instruction.best_version}));
  CONSILIUM_ASSIGN_OR_RETURN(SiteUpdate update, Packed(instruction, sent));
  update.header.images_used = outcome.images_used;
  update.header.steps = outcome.steps;
  update.header.training = std::move(outcome.losses);
  return update;
}

Result<NewControls> SiteRunnerImpl::ControlsAfter(const Instruction& instruction,
                                                  std::int64_t steps) {
  std::vector<double> lengths;
  const auto& entries = own_controls_.layout->entries();
  if (entries.empty()) return NewControls{own_controls_, global_controls_};
  lengths.reserve(entries.size());
  CONSILIUM_ASSIGN_OR_RETURN(const LayerRates rates, RatesOf(*net_, plan_.training, {}));
  const std::vector<std::string> names = net_->named_parameters().keys();
  for (const EntrySpec& entry : entries) {
    const auto found = std::ranges::find(names, ControlledName(entry)) - names.begin();
    lengths.push_back(static_cast<double>(steps) * instruction.learning_rate *
                      rates.of_parameters[static_cast<std::size_t>(found)]);
  }
  return AfterRound(global_controls_, own_controls_, started_from_, ReadState(*net_, shared_),
                    lengths);
}

Result<SiteUpdate> SiteRunnerImpl::Packed(const Instruction& instruction,
                                          const ParameterBlob& sent) {
  SiteUpdate update;
  CONSILIUM_ASSIGN_OR_RETURN(update.encoded, packer_->Pack(instruction, sent, received_.bytes));
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

Status SiteRunnerImpl::CheckFits() const {
  const SiteDeclaration declaration = Declaration();
  if (data_->tasks != plan_.tasks) {
    return AtSite(options_.site, "tasks: its data are prepared for others than the plan's");
  }
  if (declaration.image_size != plan_.image_size) {
    return AtSite(options_.site, "image_size: its images do not have the plan's " +
                                     std::to_string(plan_.image_size) + " pixels a side");
  }
  if (layout_->Fingerprint() != run_fingerprint_) {
    return AtSite(options_.site, "layout: the network built here from backbone '" + plan_.backbone +
                                     "' has other entries than the run's first model");
  }
  const bool evaluates = OnlyEvaluates(plan_.rounds, options_.site);
  if (AnyLabel(declaration, evaluates)) return OkStatus();
  std::string problem = "data: no ";
  problem.append(evaluates ? "" : "training ").append("image has a label of the plan's tasks");
  if (declaration.set_aside > 0) {
    problem.append("; ").append(std::to_string(declaration.set_aside));
    problem.append(" images are set aside because they cannot be read");
  }
  return AtSite(options_.site, problem);
}

Status SiteRunnerImpl::TakeOver(const Bytes& initial) {
  const ParameterBlob first{layout_, initial};
  CONSILIUM_RETURN_IF_ERROR(WriteState(*net_, first));
  CONSILIUM_RETURN_IF_ERROR(RatesOf(*net_, plan_.training, {}).status());
  shared_ = SharedEntries(plan_, *layout_);
  // Its own model begins as everybody's.
  const auto is_local = [this](const EntrySpec& entry) { return HasOwnModel() || !shared_(entry); };
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob travelling, Subset(first, shared_));
  CONSILIUM_ASSIGN_OR_RETURN(travelling, WithControls(plan_, std::move(travelling)));
  CONSILIUM_ASSIGN_OR_RETURN(ParameterBlob own, Subset(first, is_local));
  CONSILIUM_ASSIGN_OR_RETURN(const ParameterBlob controls, ControlsIn(travelling));
  CONSILIUM_ASSIGN_OR_RETURN(own, Joined(own, controls));
  shared_layout_ = travelling.layout;
  const std::string folder = own.layout->entries().empty() ? "" : options_.state_folder;
  CONSILIUM_ASSIGN_OR_RETURN(local_,
                             LocalStateStore::Open(folder, plan_.run, options_.site, own.layout));
  CONSILIUM_RETURN_IF_ERROR(local_->Put(0, std::move(own)));
  CONSILIUM_ASSIGN_OR_RETURN(
      packer_, UpdatePacker::Open(options_.state_folder, plan_.run, options_.site, plan_.codec,
                                  shared_layout_));
  CONSILIUM_ASSIGN_OR_RETURN(model_codec_, ModelCodec::Make(plan_.model_codec, shared_layout_));
  return OkStatus();
}

}  // namespace

Result<std::unique_ptr<SiteRunner>> SiteRunner::Create(Options options, const RunOffer& offer,
                                                       std::shared_ptr<const Dataset> data) {
  SetComputeThreads(options.compute.threads);
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, options.make_net(offer.plan));
  return std::unique_ptr<SiteRunner>(
      std::make_unique<SiteRunnerImpl>(std::move(options), offer, std::move(data), std::move(net)));
}

}  // namespace consilium
