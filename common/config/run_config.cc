#include "common/config/run_config.h"

#include "common/config/task_config.h"
#include "common/config/yaml_map.h"
#include "common/storage/file_io.h"

#include <limits>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 1 << 20;

/// A map of names to factors.
void ReadFactors(YamlMap& map, std::vector<RateFactor>& factors) {
  const YAML::Node node = map.Take("learning_rate_factors");
  if (!node) return;
  YamlMap part(node, map.Field("learning_rate_factors"), map.context());
  if (!map.context().ok()) return;
  factors.clear();
  for (const auto& entry : node) {
    RateFactor& factor = factors.emplace_back();
    factor.prefix = entry.first.Scalar();
    part.Read(factor.prefix, factor.factor);
  }
  part.Finish();
}

void ReadTraining(YamlMap map, TrainingOptions& training) {
  map.Read("optimizer", training.optimizer, ParseOptimizer);
  map.Read("learning_rate", training.learning_rate);
  map.Read("weight_decay", training.weight_decay);
  map.Read("momentum", training.momentum);
  map.Read("batch_size", training.batch_size);
  map.Read("full_batch", training.full_batch);
  map.Read("augment", training.augment);
  map.Read("dropout", training.dropout);
  map.Read("freeze_normalisation", training.freeze_normalisation);
  map.Read("class_weights", training.class_weights);
  map.Read("reduction", training.reduction, ParseReduction);
  ReadFactors(map, training.learning_rate_factors);
  map.Read("freeze_stages", training.freeze_stages);
  map.Finish();
}

void ReadRounds(YamlMap map, RoundOptions& rounds) {
  map.Read("rounds", rounds.rounds);
  map.Read("local_epochs", rounds.local_epochs);
  map.Read("expected_sites", rounds.expected_sites);
  map.Read("quorum", rounds.quorum);
  map.Read("deadline", rounds.deadline);
  map.Read("site_lease", rounds.site_lease);
  map.Read("evaluate_every", rounds.evaluate_every);
  map.Finish();
}

void ReadSchedule(YamlMap map, ScheduleOptions& schedule) {
  map.Read("warm_up", schedule.warm_up);
  map.Read("plateau_patience", schedule.plateau_patience);
  map.Read("plateau_factor", schedule.plateau_factor);
  map.Read("min_learning_rate", schedule.min_learning_rate);
  map.Read("stop_patience", schedule.stop_patience);
  map.Finish();
}

/// A name, or a map of the name and the strategy's own parameters.
void ReadStrategy(YamlMap& map, RunPlan& plan) {
  const YAML::Node node = map.Take("strategy");
  if (!node) return;
  if (node.IsScalar()) {
    plan.strategy = node.Scalar();
    return;
  }
  YamlMap part(node, "strategy", map.context());
  part.Read("name", plan.strategy);
  const Result<const StrategyInfo*> strategy = FindStrategy(plan.strategy);
  if (!strategy.ok()) {
    map.context().Fail(node, "", strategy.status().message());
    return;
  }
  for (const StrategyParameter* parameter : ParametersOf(**strategy)) {
    std::visit([&](auto field) { part.Read(parameter->key, plan.strategy_options.*field); },
               parameter->field);
  }
  part.Finish();
}

void ReadTasks(YamlMap& map, std::vector<TaskSpec>& tasks) {
  const YAML::Node list = map.Take("tasks");
  if (!list) return;
  if (!list.IsSequence()) {
    map.context().Fail(list, "tasks", "expected a list");
    return;
  }
  for (const auto& item : list) tasks.push_back(ReadTask(item, "tasks", map.context()));
}

template <typename Options>
void ReadPart(YamlMap& map, const char* key, Options& options, void (*read)(YamlMap, Options&)) {
  if (const YAML::Node part = map.Take(key)) read(YamlMap(part, key, map.context()), options);
}

RunPlan ReadPlan(const YAML::Node& root, YamlContext& context) {
  RunPlan plan;
  std::string run;
  YamlMap map(root, "", context);
  map.Read("run", run);
  plan.run = RunId(run);
  ReadTasks(map, plan.tasks);
  map.Read("backbone", plan.backbone);
  map.Read("image_size", plan.image_size);
  map.Read("seed", plan.seed);
  map.Read("validation_fraction", plan.validation_fraction);
  map.Read("heads", plan.heads, ParseHeadsMode);
  map.Read("weighting", plan.weighting, ParseWeighting);
  map.Read("normalisation", plan.normalisation, ParseNormalisationMode);
  ReadStrategy(map, plan);
  map.Read("codec", plan.codec);
  ReadPart(map, "training", plan.training, ReadTraining);
  ReadPart(map, "rounds", plan.rounds, ReadRounds);
  ReadPart(map, "schedule", plan.schedule, ReadSchedule);
  map.Finish();
  return plan;
}

/// Emits `key: value` pairs into an open mapping.
class MapWriter {
 public:
  explicit MapWriter(YAML::Emitter& out) : out_(out) {}
  template <typename T>
  MapWriter& Put(const char* key, const T& value) {
    out_ << YAML::Key << key << YAML::Value << value;
    return *this;
  }
  MapWriter& Put(const char* key, std::string_view value) { return Put(key, std::string(value)); }
  MapWriter& Put(const char* key, Millis value) {
    return Put(key, std::to_string(value.count()) + "ms");
  }
  MapWriter& Begin(const char* key) {
    out_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
    return *this;
  }
  void End() { out_ << YAML::EndMap; }

 private:
  YAML::Emitter& out_;
};

void WriteStrategy(const RunPlan& plan, MapWriter& map) {
  const Result<const StrategyInfo*> strategy = FindStrategy(plan.strategy);
  if (!strategy.ok() || (*strategy)->parameters.empty()) {
    map.Put("strategy", plan.strategy);
    return;
  }
  map.Begin("strategy").Put("name", plan.strategy);
  for (const StrategyParameter* parameter : ParametersOf(**strategy)) {
    const std::string key(parameter->key);
    std::visit([&](auto field) { map.Put(key.c_str(), plan.strategy_options.*field); },
               parameter->field);
  }
  map.End();
}

}  // namespace

Result<RunPlan> ParseRunPlan(std::string_view yaml, const std::string& name_for_errors) {
  YamlContext context(name_for_errors);
  try {
    const RunPlan plan = ReadPlan(YAML::Load(std::string(yaml)), context);
    CONSILIUM_RETURN_IF_ERROR(context.status());
    const Status valid = ValidatePlan(plan);
    if (valid.ok()) return plan;
    const std::string field = valid.message().substr(0, valid.message().find(':'));
    context.Fail(context.LineOf(field), valid.message());
  } catch (const YAML::Exception& fault) {
    context.Fail(fault.mark.line < 0 ? 1 : fault.mark.line + 1, "not YAML: " + fault.msg);
  }
  return context.status();
}

Result<RunPlan> ReadRunPlan(const std::string& path) {
  const Result<Bytes> bytes = ReadFile(path, kMaxFile);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return ParseRunPlan(AsText(*bytes), path);
}

std::string FormatRunPlan(const RunPlan& plan) {
  YAML::Emitter out;
  out.SetDoublePrecision(std::numeric_limits<double>::max_digits10);
  out << YAML::BeginMap;
  MapWriter map(out);
  map.Put("run", plan.run.str());
  out << YAML::Key << "tasks" << YAML::Value << YAML::BeginSeq;
  for (const TaskSpec& task : plan.tasks) WriteTask(out, task);
  out << YAML::EndSeq;
  map.Put("backbone", plan.backbone)
      .Put("image_size", plan.image_size)
      .Put("seed", plan.seed)
      .Put("validation_fraction", plan.validation_fraction)
      .Put("heads", ToString(plan.heads))
      .Put("weighting", ToString(plan.weighting))
      .Put("normalisation", ToString(plan.normalisation))
      .Put("codec", plan.codec);
  WriteStrategy(plan, map);
  map.Begin("training")
      .Put("optimizer", ToString(plan.training.optimizer))
      .Put("learning_rate", plan.training.learning_rate)
      .Put("weight_decay", plan.training.weight_decay)
      .Put("momentum", plan.training.momentum)
      .Put("batch_size", plan.training.batch_size)
      .Put("full_batch", plan.training.full_batch)
      .Put("augment", plan.training.augment)
      .Put("dropout", plan.training.dropout)
      .Put("freeze_normalisation", plan.training.freeze_normalisation)
      .Put("class_weights", plan.training.class_weights)
      .Put("reduction", ToString(plan.training.reduction))
      .Put("freeze_stages", plan.training.freeze_stages);
  if (!plan.training.learning_rate_factors.empty()) {
    map.Begin("learning_rate_factors");
    for (const RateFactor& one : plan.training.learning_rate_factors) {
      map.Put(one.prefix.c_str(), one.factor);
    }
    map.End();
  }
  map.End();
  map.Begin("rounds")
      .Put("rounds", plan.rounds.rounds)
      .Put("local_epochs", plan.rounds.local_epochs)
      .Put("expected_sites", plan.rounds.expected_sites)
      .Put("quorum", plan.rounds.quorum)
      .Put("deadline", plan.rounds.deadline)
      .Put("site_lease", plan.rounds.site_lease);
  // The text names a stored run: one that older versions began keeps the text that they gave it.
  if (plan.rounds.evaluate_every != RoundOptions().evaluate_every) {
    map.Put("evaluate_every", plan.rounds.evaluate_every);
  }
  map.End();
  map.Begin("schedule")
      .Put("warm_up", plan.schedule.warm_up)
      .Put("plateau_patience", plan.schedule.plateau_patience)
      .Put("plateau_factor", plan.schedule.plateau_factor)
      .Put("min_learning_rate", plan.schedule.min_learning_rate)
      .Put("stop_patience", plan.schedule.stop_patience)
      .End();
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace consilium
