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
    context.FailAt(path, preset.status().message());
    return {};
  }
  TaskSpec task;
  std::string id;
  YamlMap map(node, path, context);
  map.Read("id", id, "1 to 64 of [A-Za-z0-9_-]");
  task.id = TaskId(id);
  map.Read("kind", task.kind, ParseKind);
  map.Read("classes", task.classes);
  map.Read("zones", task.zones, "1 to 64");
  map.Read("levels", task.levels, "2 to 10");
  map.Read("flip", task.flip);
  if (const YAML::Node groups = map.Take("groups")) {
    constexpr std::size_t kMostGroups = 64;
    if (!map.IsList(groups, "groups", "a list of groups of zones", kMostGroups)) return task;
    for (const auto& group : groups) {
      const std::string field = ItemField(map.Field("groups"), task.groups.size());
      context.Remember(field, group);
      task.groups.push_back(ReadGroup(group, field, context));
    }
  }
  map.Read("weight", task.weight, "a number above 0");
  map.Finish();
  if (const Status valid = ValidateTask(task); !valid.ok()) {
    // "task 'a': weight: expected ...": where the field stands takes the place of the task's name.
    const std::string name = std::string("task '").append(id).append("': ");
    const std::string fault = std::string(path).append(".").append(valid.message(), name.size());
    context.Fail(context.LineOf(fault.substr(0, fault.find(':'))), fault);
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
