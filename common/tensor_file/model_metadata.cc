#include "common/tensor_file/model_metadata.h"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;
using Metadata = std::map<std::string, std::string>;

constexpr std::array<std::pair<TaskKind, std::string_view>, 3> kKinds{
    {{TaskKind::kClasses, "classes"},
     {TaskKind::kZones, "zones"},
     {TaskKind::kZoneGroups, "zone-groups"}}};
/// Of the image pipeline (imaging/picture.h).
constexpr std::array<int, 2> kClipPercentiles{2, 98};

/// The shortest decimal of a float: 0.485, where a double would show 0.48500001430511475.
double Shortest(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double shortest = 0;
  std::from_chars(text.data(), end, shortest);
  return shortest;
}

Json JsonOf(const std::array<float, 3>& values) {
  return {Shortest(values[0]), Shortest(values[1]), Shortest(values[2])};
}

Json JsonOf(const TaskSpec& task) {
  Json json = {{"id", task.id.str()}};
  for (const auto& [kind, name] : kKinds) {
    if (kind == task.kind) json["kind"] = name;
  }
  if (task.kind == TaskKind::kClasses) {
    json["classes"] = task.classes;
  } else {
    json["zones"] = task.zones;
    json["levels"] = task.levels;
    json["flip"] = task.flip;
  }
  for (const ZoneGroup& group : task.groups) {
    json["groups"].push_back(
        {{"name", group.name}, {"zones", group.zones}, {"thresholds", group.thresholds}});
  }
  json["weight"] = task.weight;
  return json;
}

/// May throw nlohmann's exceptions: the caller turns them into a Status.
TaskSpec TaskOf(const Json& json) {
  TaskSpec task;
  task.id = TaskId(json.at("id").get<std::string>());
  const auto kind_name = json.at("kind").get<std::string>();
  bool known = false;
  for (const auto& [kind, name] : kKinds) {
    if (name != kind_name) continue;
    task.kind = kind;
    known = true;
  }
  if (!known) task.kind = static_cast<TaskKind>(kKinds.size());
  task.classes = json.value("classes", task.classes);
  task.zones = json.value("zones", 0);
  task.levels = json.value("levels", 0);
  task.flip = json.value("flip", task.flip);
  for (const Json& group : json.value("groups", Json::array())) {
    task.groups.push_back({group.at("name").get<std::string>(),
                           group.at("zones").get<std::vector<int>>(),
                           group.at("thresholds").get<std::vector<int>>()});
  }
  task.weight = json.value("weight", 1.0);
  return task;
}

void ReadTasks(const Json& json, ModelMetadata& out) {
  for (const Json& task : json) out.tasks.push_back(TaskOf(task));
}

void ReadPreprocessing(const Json& json, ModelMetadata& out) {
  out.image_size = json.at("image_size").get<int>();
  if (!json.contains("mean")) return;
  out.input = InputStatistics{json.at("mean").get<std::array<float, 3>>(),
                              json.at("standard_deviation").get<std::array<float, 3>>()};
}

void ReadMetrics(const Json& json, ModelMetadata& out) {
  out.metrics = json.get<std::map<std::string, double>>();
}

void ReadRound(const Json& json, ModelMetadata& out) { out.round = json.get<RoundNumber>(); }

/// A value that is JSON; nothing happens where the key is missing.
Status ReadJson(const Metadata& metadata, const std::string& key,
                void (*read)(const Json&, ModelMetadata&), ModelMetadata& out) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return OkStatus();
  try {
    read(Json::parse(found->second), out);
  } catch (const nlohmann::json::exception&) {
    return InvalidArgument("metadata '" + key + "' is not what docs/formats/model.md says");
  }
  return OkStatus();
}

std::string TextOf(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

Status CheckTasks(const std::vector<TaskSpec>& tasks) {
  for (const TaskSpec& task : tasks) {
    if (static_cast<std::size_t>(task.kind) >= kKinds.size()) {
      return InvalidArgument("metadata 'tasks': the kind of task '" + task.id.str() +
                             "' is unknown, expected classes, zones or zone-groups");
    }
    CONSILIUM_RETURN_IF_ERROR(ValidateTask(task).WithContext("metadata 'tasks'"));
  }
  return OkStatus();
}

}  // namespace

ModelMetadata MetadataOf(const RunPlan& plan, const Metadata& first) {
  ModelMetadata metadata;
  metadata.backbone = plan.backbone;
  metadata.tasks = plan.tasks;
  metadata.heads = plan.heads;
  metadata.image_size = plan.image_size;
  metadata.run = plan.run.str();
  // A first model that does not say it was made by something else: not an error.
  if (const Result<ModelMetadata> parent = ParseModelMetadata(first); parent.ok()) {
    metadata.input = parent->input;
  }
  return metadata;
}

Metadata FormatModelMetadata(const ModelMetadata& metadata) {
  Json tasks = Json::array();
  for (const TaskSpec& task : metadata.tasks) tasks.push_back(JsonOf(task));
  Json preprocessing = {{"image_size", metadata.image_size},
                        {"clip_percentiles", kClipPercentiles}};
  if (metadata.input.has_value()) {
    preprocessing["mean"] = JsonOf(metadata.input->mean);
    preprocessing["standard_deviation"] = JsonOf(metadata.input->standard_deviation);
  }
  Metadata text{{"format", "pt"},  // what readers of .safetensors in Python look for
                {"backbone", metadata.backbone},
                {"tasks", tasks.dump()},
                {"heads", std::string(ToString(metadata.heads))},
                {"preprocessing", preprocessing.dump()},
                {"run", metadata.run}};
  if (metadata.round.has_value()) text["round"] = std::to_string(*metadata.round);
  if (!metadata.metrics.empty()) text["metrics"] = Json(metadata.metrics).dump();
  if (!metadata.model_sha256.empty()) text["model_sha256"] = metadata.model_sha256;
  if (!metadata.parent_sha256.empty()) text["parent_sha256"] = metadata.parent_sha256;
  return text;
}

Result<ModelMetadata> ParseModelMetadata(const Metadata& metadata) {
  ModelMetadata out;
  out.backbone = TextOf(metadata, "backbone");
  if (out.backbone.empty()) {
    return InvalidArgument(
        "its metadata names no backbone; expected a model that "
        "consilium-sim or consilium-aggregator wrote");
  }
  if (const std::string heads = TextOf(metadata, "heads"); !heads.empty()) {
    CONSILIUM_ASSIGN_OR_RETURN(out.heads, ParseHeadsMode(heads));
  }
  CONSILIUM_RETURN_IF_ERROR(ReadJson(metadata, "tasks", ReadTasks, out));
  CONSILIUM_RETURN_IF_ERROR(CheckTasks(out.tasks));
  CONSILIUM_RETURN_IF_ERROR(ReadJson(metadata, "preprocessing", ReadPreprocessing, out));
  CONSILIUM_RETURN_IF_ERROR(ReadJson(metadata, "round", ReadRound, out));
  CONSILIUM_RETURN_IF_ERROR(ReadJson(metadata, "metrics", ReadMetrics, out));
  out.run = TextOf(metadata, "run");
  out.model_sha256 = TextOf(metadata, "model_sha256");
  out.parent_sha256 = TextOf(metadata, "parent_sha256");
  return out;
}

}  // namespace consilium
