/// A task as YAML: a preset by name, or all of its fields. Private to this folder.
#pragma once

#include "common/base/task_spec.h"
#include "common/config/yaml_map.h"

namespace consilium {

/// Reads one item of `tasks`; faults go to `context`.
TaskSpec ReadTask(const YAML::Node& node, const std::string& path, YamlContext& context);
void WriteTask(YAML::Emitter& out, const TaskSpec& task);

}  // namespace consilium
