#include "common/wire/to_proto.h"

#include "common/wire/enum_tables.h"

namespace consilium {
namespace {

template <typename Values, typename Repeated>
void CopyValues(const Values& values, Repeated* repeated) {
  repeated->Add(values.begin(), values.end());
}

v1::TrainingOptions ToProto(const TrainingOptions& options) {
  v1::TrainingOptions message;
  message.set_optimizer(WireValue(kOptimizers, options.optimizer));
  message.set_learning_rate(options.learning_rate);
  message.set_weight_decay(options.weight_decay);
  message.set_momentum(options.momentum);
  message.set_batch_size(options.batch_size);
  message.set_full_batch(options.full_batch);
  message.set_augment(options.augment);
  message.set_dropout(options.dropout);
  message.set_freeze_normalisation(options.freeze_normalisation);
  message.set_class_weights(options.class_weights);
  message.set_reduction(WireValue(kReductions, options.reduction));
  for (const RateFactor& factor : options.learning_rate_factors) {
    v1::RateFactor& added = *message.add_learning_rate_factors();
    added.set_prefix(factor.prefix);
    added.set_factor(factor.factor);
  }
  message.set_freeze_stages(options.freeze_stages);
  return message;
}

v1::RoundOptions ToProto(const RoundOptions& options) {
  v1::RoundOptions message;
  message.set_rounds(options.rounds);
  message.set_local_epochs(options.local_epochs);
  message.set_expected_sites(options.expected_sites);
  message.set_quorum(options.quorum);
  message.set_deadline_millis(options.deadline.count());
  message.set_site_lease_millis(options.site_lease.count());
  message.set_evaluate_every(options.evaluate_every);
  message.set_smallest_usable_share(options.smallest_usable_share);
  for (const SiteId& site : options.evaluation_sites) message.add_evaluation_sites(site.str());
  message.set_select_fraction(options.select_fraction);
  for (const SiteId& site : options.select_sites) message.add_select_sites(site.str());
  return message;
}

v1::ScheduleOptions ToProto(const ScheduleOptions& options) {
  v1::ScheduleOptions message;
  message.set_warm_up(options.warm_up);
  message.set_plateau_patience(options.plateau_patience);
  message.set_plateau_factor(options.plateau_factor);
  message.set_min_learning_rate(options.min_learning_rate);
  message.set_stop_patience(options.stop_patience);
  return message;
}

v1::Histogram SparseHistogram(const std::vector<std::int64_t>& counts) {
  v1::Histogram message;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    if (counts[bin] == 0) continue;
    message.add_bins(static_cast<std::uint32_t>(bin));
    message.add_counts(counts[bin]);
  }
  return message;
}

v1::ClassCounts ToProto(const ClassCounts& counts) {
  v1::ClassCounts message;
  message.set_classes(counts.classes);
  CopyValues(counts.confusion, message.mutable_confusion());
  if (!counts.negative_scores.empty()) {
    *message.mutable_negative_scores() = SparseHistogram(counts.negative_scores);
  }
  if (!counts.positive_scores.empty()) {
    *message.mutable_positive_scores() = SparseHistogram(counts.positive_scores);
  }
  return message;
}

v1::ZoneCounts ToProto(const ZoneCounts& counts) {
  v1::ZoneCounts message;
  message.set_n(counts.n);
  message.set_exact(counts.exact);
  message.set_sum_abs(counts.sum_abs);
  message.set_sum_square(counts.sum_square);
  message.set_sum_p(counts.sum_p);
  message.set_sum_t(counts.sum_t);
  message.set_sum_pp(counts.sum_pp);
  message.set_sum_tt(counts.sum_tt);
  message.set_sum_pt(counts.sum_pt);
  return message;
}

void AddStrategyParameters(const RunPlan& plan, v1::RunPlan& message) {
  const Result<const StrategyInfo*> strategy = FindStrategy(plan.strategy);
  if (!strategy.ok()) return;
  for (const StrategyParameter* parameter : ParametersOf(**strategy)) {
    v1::StrategyParameter& added = *message.add_strategy_parameters();
    added.set_name(std::string(parameter->key));
    added.set_value(ValueOf(plan.strategy_options, *parameter));
  }
}

}  // namespace

v1::TaskSpec ToProto(const TaskSpec& task) {
  v1::TaskSpec message;
  message.set_id(task.id.str());
  message.set_kind(WireValue(kTaskKinds, task.kind));
  CopyValues(task.classes, message.mutable_classes());
  message.set_zones(task.zones);
  message.set_levels(task.levels);
  CopyValues(task.flip, message.mutable_flip());
  for (const ZoneGroup& group : task.groups) {
    v1::ZoneGroup& added = *message.add_groups();
    added.set_name(group.name);
    CopyValues(group.zones, added.mutable_zones());
    CopyValues(group.thresholds, added.mutable_thresholds());
  }
  message.set_weight(task.weight);
  return message;
}

v1::RunPlan ToProto(const RunPlan& plan) {
  v1::RunPlan message;
  message.set_run(plan.run.str());
  for (const TaskSpec& task : plan.tasks) *message.add_tasks() = ToProto(task);
  message.set_backbone(plan.backbone);
  message.set_image_size(plan.image_size);
  message.set_seed(plan.seed);
  message.set_validation_fraction(plan.validation_fraction);
  message.set_heads(WireValue(kHeadsModes, plan.heads));
  message.set_weighting(WireValue(kWeightings, plan.weighting));
  message.set_normalisation(WireValue(kNormalisationModes, plan.normalisation));
  message.set_strategy(plan.strategy);
  AddStrategyParameters(plan, message);
  message.set_codec(plan.codec);
  message.set_model_codec(plan.model_codec);
  *message.mutable_training() = ToProto(plan.training);
  *message.mutable_rounds() = ToProto(plan.rounds);
  *message.mutable_schedule() = ToProto(plan.schedule);
  return message;
}

v1::ModelRef ToProto(const ModelRef& model) {
  v1::ModelRef message;
  message.set_digest(model.digest);
  message.set_byte_size(model.byte_size);
  message.set_version(model.version);
  return message;
}

v1::RunOffer ToProto(const RunOffer& offer) {
  v1::RunOffer message;
  *message.mutable_plan() = ToProto(offer.plan);
  *message.mutable_initial() = ToProto(offer.initial);
  message.set_layout_fingerprint(offer.layout_fingerprint);
  return message;
}

v1::SiteDeclaration ToProto(const SiteDeclaration& declaration) {
  v1::SiteDeclaration message;
  message.set_train_images(declaration.train_images);
  for (const TaskHolding& holding : declaration.tasks) {
    v1::TaskHolding& added = *message.add_tasks();
    added.set_task(holding.task.str());
    added.set_train(holding.train);
    added.set_validation(holding.validation);
    added.set_set_aside(holding.set_aside);
    for (const ClassHolding& one : holding.classes) {
      v1::ClassHolding& row = *added.add_classes();
      row.set_name(one.name);
      row.set_train(one.train);
    }
    added.set_zones(holding.zones);
    added.set_levels(holding.levels);
  }
  message.set_layout_fingerprint(declaration.layout_fingerprint);
  message.set_set_aside(declaration.set_aside);
  message.set_image_size(declaration.image_size);
  message.set_channels(declaration.channels);
  message.set_obstacle(WireValue(kSiteObstacles, declaration.obstacle));
  return message;
}

v1::Instruction ToProto(const Instruction& instruction) {
  v1::Instruction message;
  message.set_kind(WireValue(kInstructionKinds, instruction.kind));
  message.set_round(instruction.round);
  *message.mutable_model() = ToProto(instruction.model);
  message.set_learning_rate(instruction.learning_rate);
  for (const LossFactor& factor : instruction.loss_factors) {
    v1::LossFactor& added = *message.add_loss_factors();
    added.set_task(factor.task.str());
    added.set_factor(factor.factor);
  }
  message.set_best_version(instruction.best_version);
  message.set_counted_version(instruction.counted_version);
  message.set_paused(instruction.paused);
  return message;
}

v1::TaskCounts ToProto(const TaskCounts& counts) {
  v1::TaskCounts message;
  message.set_task(counts.task.str());
  message.set_n(counts.n);
  message.set_loss_sum(counts.loss_sum);
  for (const ClassCounts& each : counts.classifications) {
    *message.add_classifications() = ToProto(each);
  }
  for (const ZoneCounts& each : counts.zones) *message.add_zones() = ToProto(each);
  return message;
}

v1::UpdateHeader ToProto(const UpdateHeader& header) {
  v1::UpdateHeader message;
  message.set_run(header.run.str());
  message.set_round(header.round);
  message.set_codec(header.codec);
  message.set_digest(header.digest);
  message.set_byte_size(header.byte_size);
  message.set_images_used(header.images_used);
  for (const TaskCounts& counts : header.training) *message.add_training() = ToProto(counts);
  message.set_steps(header.steps);
  return message;
}

v1::EvaluationReport ToProto(const EvaluationReport& report) {
  v1::EvaluationReport message;
  message.set_run(report.run.str());
  message.set_version(report.version);
  for (const TaskCounts& counts : report.tasks) *message.add_tasks() = ToProto(counts);
  return message;
}

v1::Progress ToProto(const Progress& progress) {
  v1::Progress message;
  message.set_run(progress.run.str());
  message.set_round(progress.round);
  message.set_steps_done(progress.steps_done);
  message.set_steps_planned(progress.steps_planned);
  message.set_activity(WireValue(kSiteActivities, progress.activity));
  message.set_step_millis(progress.step.count());
  message.set_since_step_millis(progress.since_step.count());
  return message;
}

}  // namespace consilium
