#include "common/wire/checks.h"

#include <algorithm>

namespace consilium {
namespace {

Result<TrainingOptions> TrainingFrom(const v1::TrainingOptions& message) {
  TrainingOptions options;
  CONSILIUM_ASSIGN_OR_RETURN(
      options.optimizer, CheckEnum(kOptimizers, message.optimizer(), "plan.training.optimizer"));
  options.learning_rate = message.learning_rate();
  options.weight_decay = message.weight_decay();
  options.momentum = message.momentum();
  options.batch_size = message.batch_size();
  options.full_batch = message.full_batch();
  options.augment = message.augment();
  options.dropout = message.dropout();
  options.freeze_normalisation = message.freeze_normalisation();
  options.class_weights = message.class_weights();
  CONSILIUM_ASSIGN_OR_RETURN(
      options.reduction, CheckEnum(kReductions, message.reduction(), "plan.training.reduction"));
  constexpr const char* kFactors = "plan.training.learning_rate_factors";
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.learning_rate_factors_size(), 0, kMaxClasses, kFactors));
  for (const v1::RateFactor& factor : message.learning_rate_factors()) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(factor.prefix(), kFactors));
    options.learning_rate_factors.push_back({factor.prefix(), factor.factor()});
  }
  options.freeze_stages = message.freeze_stages();
  return options;
}

template <typename Repeated>
Result<std::vector<SiteId>> SitesFrom(const Repeated& names, const char* field) {
  CONSILIUM_RETURN_IF_ERROR(CheckRange(names.size(), 0, kMaxClasses, field));
  std::vector<SiteId> sites;
  sites.reserve(static_cast<std::size_t>(names.size()));
  for (const std::string& name : names) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(name, field));
    sites.emplace_back(name);
  }
  return sites;
}

Result<RoundOptions> RoundsFrom(const v1::RoundOptions& message) {
  RoundOptions options;
  options.rounds = message.rounds();
  options.local_epochs = message.local_epochs();
  options.expected_sites = message.expected_sites();
  options.quorum = message.quorum();
  options.deadline = Millis(message.deadline_millis());
  options.site_lease = Millis(message.site_lease_millis());
  if (message.evaluate_every() != 0) options.evaluate_every = message.evaluate_every();
  options.smallest_usable_share = message.smallest_usable_share();
  CONSILIUM_ASSIGN_OR_RETURN(options.evaluation_sites,
                             SitesFrom(message.evaluation_sites(), "plan.rounds.evaluation_sites"));
  if (message.has_select_fraction()) options.select_fraction = message.select_fraction();
  CONSILIUM_ASSIGN_OR_RETURN(options.select_sites,
                             SitesFrom(message.select_sites(), "plan.rounds.select_sites"));
  return options;
}

ScheduleOptions ScheduleFrom(const v1::ScheduleOptions& message) {
  ScheduleOptions options;
  options.warm_up = message.warm_up();
  options.plateau_patience = message.plateau_patience();
  options.plateau_factor = message.plateau_factor();
  options.min_learning_rate = message.min_learning_rate();
  options.stop_patience = message.stop_patience();
  return options;
}

Result<StrategyOptions> StrategyFrom(const v1::RunPlan& message) {
  CONSILIUM_ASSIGN_OR_RETURN(const StrategyInfo* const strategy, FindStrategy(message.strategy()));
  StrategyOptions options;
  for (const v1::StrategyParameter& given : message.strategy_parameters()) {
    const auto own = ParametersOf(*strategy);
    const auto found = std::ranges::find_if(
        own, [&](const StrategyParameter* known) { return known->key == given.name(); });
    if (found == own.end()) {
      return InvalidArgument("plan.strategy_parameters: '" + given.name() +
                             "' is no parameter of " + message.strategy());
    }
    CONSILIUM_RETURN_IF_ERROR(SetValue(options, **found, given.value()));
  }
  return options;
}

Result<ZoneGroup> GroupFrom(const v1::ZoneGroup& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.name(), "task.groups.name"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.zones_size(), 0, kMaxClasses, "task.groups.zones"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.thresholds_size(), 0, kMaxClasses, "task.groups.thresholds"));
  ZoneGroup group;
  group.name = message.name();
  group.zones.assign(message.zones().begin(), message.zones().end());
  group.thresholds.assign(message.thresholds().begin(), message.thresholds().end());
  return group;
}

}  // namespace

Result<TaskSpec> FromProto(const v1::TaskSpec& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.id(), "task.id"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.classes_size(), 0, kMaxClasses, "task.classes"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.flip_size(), 0, kMaxClasses, "task.flip"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.groups_size(), 0, kMaxClasses, "task.groups"));
  TaskSpec task;
  task.id = TaskId(message.id());
  CONSILIUM_ASSIGN_OR_RETURN(task.kind, CheckEnum(kTaskKinds, message.kind(), "task.kind"));
  for (const std::string& name : message.classes()) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(name, "task.classes"));
    task.classes.push_back(name);
  }
  task.zones = message.zones();
  task.levels = message.levels();
  task.flip.assign(message.flip().begin(), message.flip().end());
  for (const v1::ZoneGroup& group : message.groups()) {
    CONSILIUM_ASSIGN_OR_RETURN(ZoneGroup made, GroupFrom(group));
    task.groups.push_back(std::move(made));
  }
  task.weight = message.weight();
  CONSILIUM_RETURN_IF_ERROR(ValidateTask(task));
  return task;
}

Result<RunPlan> FromProto(const v1::RunPlan& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.run(), "plan.run"));
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.backbone(), "plan.backbone"));
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.strategy(), "plan.strategy"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.strategy_parameters_size(), 0, kMaxTasks, "plan.strategy_parameters"));
  for (const v1::StrategyParameter& parameter : message.strategy_parameters()) {
    CONSILIUM_RETURN_IF_ERROR(CheckText(parameter.name(), "plan.strategy_parameters.name"));
  }
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.codec(), "plan.codec"));
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.model_codec(), "plan.model_codec"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.tasks_size(), 1, kMaxTasks, "plan.tasks"));
  RunPlan plan;
  plan.run = RunId(message.run());
  for (const v1::TaskSpec& task : message.tasks()) {
    CONSILIUM_ASSIGN_OR_RETURN(TaskSpec made, FromProto(task));
    plan.tasks.push_back(std::move(made));
  }
  plan.backbone = message.backbone();
  plan.image_size = message.image_size();
  plan.seed = message.seed();
  plan.validation_fraction = message.validation_fraction();
  CONSILIUM_ASSIGN_OR_RETURN(plan.heads, CheckEnum(kHeadsModes, message.heads(), "plan.heads"));
  CONSILIUM_ASSIGN_OR_RETURN(plan.weighting,
                             CheckEnum(kWeightings, message.weighting(), "plan.weighting"));
  CONSILIUM_ASSIGN_OR_RETURN(
      plan.normalisation,
      CheckEnum(kNormalisationModes, message.normalisation(), "plan.normalisation"));
  plan.strategy = message.strategy();
  CONSILIUM_ASSIGN_OR_RETURN(plan.strategy_options, StrategyFrom(message));
  plan.codec = message.codec();
  if (!message.model_codec().empty()) plan.model_codec = message.model_codec();
  CONSILIUM_ASSIGN_OR_RETURN(plan.training, TrainingFrom(message.training()));
  CONSILIUM_ASSIGN_OR_RETURN(plan.rounds, RoundsFrom(message.rounds()));
  plan.schedule = ScheduleFrom(message.schedule());
  CONSILIUM_RETURN_IF_ERROR(ValidatePlan(plan));
  return plan;
}

}  // namespace consilium
