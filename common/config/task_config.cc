#include "common/config/task_config.h"

#include <array>

namespace consilium {
namespace {

constexpr std::array<std::pair<TaskKind, std::string_view>, 3> kKinds = {
    {{TaskKind::kClasses, "classes"},
     {TaskKind::kZones, "zones"},
     {TaskKind::kZoneGroups, "zone-groups"}}};

Result<TaskKind> ParseKind(std::string_view text) {
  for (const auto& [kind, name] : kKinds) {
    if (name == text) return kind;
  }
  return InvalidArgument("'" + std::string(text) +
                         "' is unknown, expected classes, zones or zone-groups");
}

Result<TaskSpec> Preset(std::string_view name) {
  constexpr std::string_view kBrixia = "brixia-";
  if (name == "prognosis") return PrognosisTask();
  if (name == "brixia") return BrixiaTask("zones");
  if (name.starts_with(kBrixia)) {
    if (auto task = BrixiaTask(name.substr(kBrixia.size())); task.ok()) return task;
  }
  return InvalidArgument("'" + std::string(name) +
                         "' is no known task, expected prognosis, brixia-zones, brixia-lungs, "
                         "brixia-global or a task of its own");
}

ZoneGroup ReadGroup(const YAML::Node& node, const std::string& path, YamlContext& context) {
  ZoneGroup group;
  YamlMap map(node, path, context);
  map.Read("name", group.name);
  map.Read("zones", group.zones);
  map.Read("thresholds", group.thresholds);
  map.Finish();
  return group;
}

void WriteInts(YAML::Emitter& out, const char* key, const std::vector<int>& values) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << values;
}

}  // namespace

TaskSpec ReadTask(const YAML::Node& node, const std::string& path, YamlContext& context) {
  context.Remember(path, node);
  if (node.IsScalar()) {
    auto preset = Preset(node.Scalar());
    if (preset.ok()) return *preset;
    context.Fail(node, path, preset.status().message());
    return {};
  }
  TaskSpec task;
  std::string id;
  YamlMap map(node, path, context);
  map.Read("id", id);
  task.id = TaskId(id);
  map.Read("kind", task.kind, ParseKind);
  map.Read("classes", task.classes);
  map.Read("zones", task.zones);
  map.Read("levels", task.levels);
  map.Read("flip", task.flip);
  if (const YAML::Node groups = map.Take("groups")) {
    if (!groups.IsSequence()) context.Fail(groups, map.Field("groups"), "expected a list");
    for (const auto& group : groups) {
      task.groups.push_back(ReadGroup(group, map.Field("groups"), context));
    }
  }
  map.Read("weight", task.weight);
  map.Finish();
  if (const Status valid = ValidateTask(task); !valid.ok()) {
    context.Fail(node, path, valid.message());
  }
  return task;
}

void WriteTask(YAML::Emitter& out, const TaskSpec& task) {
  out << YAML::BeginMap << YAML::Key << "id" << YAML::Value << task.id.str();
  for (const auto& [kind, name] : kKinds) {
    if (kind == task.kind) out << YAML::Key << "kind" << YAML::Value << std::string(name);
  }
  out << YAML::Key << "classes" << YAML::Value << YAML::Flow << task.classes;
  out << YAML::Key << "zones" << YAML::Value << task.zones;
  out << YAML::Key << "levels" << YAML::Value << task.levels;
  WriteInts(out, "flip", task.flip);
  out << YAML::Key << "groups" << YAML::Value << YAML::BeginSeq;
  for (const ZoneGroup& group : task.groups) {
    out << YAML::BeginMap << YAML::Key << "name" << YAML::Value << group.name;
    WriteInts(out, "zones", group.zones);
    WriteInts(out, "thresholds", group.thresholds);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::Key << "weight" << YAML::Value << task.weight << YAML::EndMap;
}

}  // namespace consilium
