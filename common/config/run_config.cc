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
    part.Read(factor.prefix, factor.factor, "a number from 0 to 1000");
  }
  part.Finish();
}

void ReadTraining(YamlMap map, TrainingOptions& training) {
  map.Read("optimizer", training.optimizer, ParseOptimizer);
  map.Read("learning_rate", training.learning_rate, "a number above 0");
  map.Read("weight_decay", training.weight_decay, "0 or more");
  map.Read("momentum", training.momentum, "at least 0 and below 1");
  map.Read("batch_size", training.batch_size, "1 or more");
  map.Read("full_batch", training.full_batch);
  map.Read("augment", training.augment);
  map.Read("dropout", training.dropout, "at least 0 and below 1");
  map.Read("freeze_normalisation", training.freeze_normalisation);
  map.Read("class_weights", training.class_weights);
  map.Read("reduction", training.reduction, ParseReduction);
  ReadFactors(map, training.learning_rate_factors);
  map.Read("freeze_stages", training.freeze_stages, "0 or more");
  map.Finish();
}

void ReadSites(YamlMap& map, std::string_view key, std::vector<SiteId>& sites) {
  std::vector<std::string> names;
  map.Read(key, names);
  sites.reserve(names.size());
  for (std::string& name : names) sites.emplace_back(std::move(name));
}

void ReadRounds(YamlMap map, RoundOptions& rounds) {
  map.Read("rounds", rounds.rounds, "1 or more");
  map.Read("local_epochs", rounds.local_epochs, "1 or more");
  map.Read("expected_sites", rounds.expected_sites, "1 or more");
  map.Read("quorum", rounds.quorum, "1 to expected_sites");
  map.Read("deadline", rounds.deadline);
  map.Read("site_lease", rounds.site_lease);
  map.Read("evaluate_every", rounds.evaluate_every, "1 or more");
  map.Read("smallest_usable_share", rounds.smallest_usable_share, "0 to 1");
  ReadSites(map, "evaluation_sites", rounds.evaluation_sites);
  map.Read("select_fraction", rounds.select_fraction, "above 0, to 1");
  ReadSites(map, "select_sites", rounds.select_sites);
  map.Finish();
}

void ReadSchedule(YamlMap map, ScheduleOptions& schedule) {
  map.Read("warm_up", schedule.warm_up, "0 or more");
  map.Read("plateau_patience", schedule.plateau_patience, "1 or more");
  map.Read("plateau_factor", schedule.plateau_factor, "a number above 0, to 1");
  map.Read("min_learning_rate", schedule.min_learning_rate, "a number of 0 or more");
  map.Read("stop_patience", schedule.stop_patience, "1 or more");
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
  part.Read("name", plan.strategy, "the strategy's name");
  const Result<const StrategyInfo*> strategy = FindStrategy(plan.strategy);
  if (!strategy.ok()) {
    map.context().Fail(map.context().LineOf("strategy.name"), strategy.status().message());
    return;
  }
  for (const StrategyParameter* parameter : ParametersOf(**strategy)) {
    std::visit(
        [&](auto field) {
          part.Read(parameter->key, plan.strategy_options.*field, parameter->expected);
        },
        parameter->field);
  }
  part.Finish();
}

void ReadTasks(YamlMap& map, std::vector<TaskSpec>& tasks) {
  const YAML::Node list = map.Take("tasks");
  if (!list) return;
  constexpr std::size_t kMostTasks = 100;
  if (!map.IsList(list, "tasks", "a list of tasks", kMostTasks)) return;
  for (const auto& item : list) {
    if (!map.context().ok()) return;
    tasks.push_back(ReadTask(item, ItemField("tasks", tasks.size()), map.context()));
  }
}

template <typename Options>
void ReadPart(YamlMap& map, const char* key, Options& options, void (*read)(YamlMap, Options&)) {
  if (const YAML::Node part = map.Take(key)) read(YamlMap(part, key, map.context()), options);
}

RunPlan ReadPlan(const YAML::Node& root, YamlContext& context) {
  RunPlan plan;
  std::string run;
  YamlMap map(root, "", context);
  map.Read("run", run, "a name of 1 to 64 of [A-Za-z0-9._-]");
  plan.run = RunId(run);
  ReadTasks(map, plan.tasks);
  map.Read("backbone", plan.backbone, "a name");
  map.Read("image_size", plan.image_size, "1 to 4096 pixels");
  map.Read("seed", plan.seed, "0 to 18446744073709551615");
  map.Read("validation_fraction", plan.validation_fraction, "at least 0 and below 1");
  map.Read("heads", plan.heads, ParseHeadsMode);
  map.Read("weighting", plan.weighting, ParseWeighting);
  map.Read("normalisation", plan.normalisation, ParseNormalisationMode);
  ReadStrategy(map, plan);
  map.Read("codec", plan.codec, "fp32, bf16, int8 or top-P%");
  map.Read("model_codec", plan.model_codec, "fp32 or bf16");
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

std::vector<std::string> NamesOf(const std::vector<SiteId>& sites) {
  std::vector<std::string> names;
  names.reserve(sites.size());
  for (const SiteId& site : sites) names.push_back(site.str());
  return names;
}

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
  // The text names a stored run: one that older versions began keeps the text that they gave it.
  if (plan.model_codec != RunPlan().model_codec) map.Put("model_codec", plan.model_codec);
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
  if (plan.rounds.evaluate_every != RoundOptions().evaluate_every) {
    map.Put("evaluate_every", plan.rounds.evaluate_every);
  }
  if (plan.rounds.smallest_usable_share != RoundOptions().smallest_usable_share) {
    map.Put("smallest_usable_share", plan.rounds.smallest_usable_share);
  }
  if (!plan.rounds.evaluation_sites.empty()) {
    map.Put("evaluation_sites", NamesOf(plan.rounds.evaluation_sites));
  }
  if (plan.rounds.select_fraction != RoundOptions().select_fraction) {
    map.Put("select_fraction", plan.rounds.select_fraction);
  }
  if (!plan.rounds.select_sites.empty()) {
    map.Put("select_sites", NamesOf(plan.rounds.select_sites));
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
