#include "common/base/task_spec.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

namespace consilium {
namespace {

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string JoinClasses(const std::vector<std::string>& classes) {
  std::string joined;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (i > 0) joined += i + 1 == classes.size() ? " or " : ", ";
    joined += classes[i];
  }
  return joined;
}

template <typename Number>
Status OutOfRange(const std::string& at, std::string_view field, std::string_view expected,
                  Number found) {
  std::ostringstream message;
  message.precision(10);
  message << at << field << ": expected " << expected << ", found " << found;
  return InvalidArgument(message.str());
}

}  // namespace

int OutputWidth(const TaskSpec& task) {
  switch (task.kind) {
    case TaskKind::kClasses:
      return static_cast<int>(task.classes.size());
    case TaskKind::kZones:
      return task.zones;
    case TaskKind::kZoneGroups:
      return std::accumulate(task.groups.begin(), task.groups.end(), 0, [](int sum, const auto& g) {
        return sum + static_cast<int>(g.thresholds.size()) + 1;
      });
  }
  return 0;
}

int LabelWidth(const TaskSpec& task) { return task.kind == TaskKind::kClasses ? 1 : task.zones; }

Result<std::vector<int>> ParseLabel(const TaskSpec& task, std::string_view text) {
  if (task.kind == TaskKind::kClasses) {
    const auto found = std::find(task.classes.begin(), task.classes.end(), text);
    if (found == task.classes.end()) {
      return InvalidArgument("label " + Quoted(text) + " is none of its classes, expected " +
                             JoinClasses(task.classes));
    }
    return std::vector<int>{static_cast<int>(found - task.classes.begin())};
  }
  std::vector<int> scores;
  for (const char c : text) {
    if (c >= '0' && c < static_cast<char>('0' + task.levels)) scores.push_back(c - '0');
  }
  if (scores.size() != text.size() || static_cast<int>(text.size()) != task.zones) {
    return InvalidArgument("score " + Quoted(text) + " is not a string of " +
                           std::to_string(task.zones) + " digits 0-" +
                           std::to_string(task.levels - 1) + " (keep leading zeros)");
  }
  return scores;
}

std::string FormatLabel(const TaskSpec& task, std::span<const int> values) {
  if (task.kind == TaskKind::kClasses) return task.classes.at(static_cast<std::size_t>(values[0]));
  std::string text;
  for (const int value : values) text += static_cast<char>('0' + value);
  return text;
}

int GroupClass(const ZoneGroup& group, std::span<const int> zone_scores) {
  int sum = 0;
  for (const int zone : group.zones) sum += zone_scores[static_cast<std::size_t>(zone)];
  return static_cast<int>(std::count_if(group.thresholds.begin(), group.thresholds.end(),
                                        [sum](int threshold) { return sum > threshold; }));
}

Status ValidateTask(const TaskSpec& task) {
  const std::string at = "task " + Quoted(task.id.str()) + ": ";
  if (task.id.empty()) return InvalidArgument(at + "id: expected a name, found ''");
  if (!(task.weight > 0 && std::isfinite(task.weight))) {
    return OutOfRange(at, "weight", "a number above 0", task.weight);
  }
  if (task.kind == TaskKind::kClasses) {
    if (task.classes.size() < 2) {
      return OutOfRange(at, "classes", "at least two names", task.classes.size());
    }
    return OkStatus();
  }
  if (task.zones < 1 || task.zones > 64) return OutOfRange(at, "zones", "1 to 64", task.zones);
  if (task.levels < 2 || task.levels > 10) {
    return OutOfRange(at, "levels", "2 to 10", task.levels);
  }
  std::vector<int> sorted = task.flip;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int> identity(static_cast<std::size_t>(task.zones));
  std::iota(identity.begin(), identity.end(), 0);
  if (sorted != identity) return InvalidArgument(at + "flip: expected every zone from 0 on once");
  if (task.kind == TaskKind::kZoneGroups && task.groups.empty()) {
    return InvalidArgument(at + "groups: expected at least one group of zones, found 0");
  }
  for (const ZoneGroup& group : task.groups) {
    const bool inside = std::all_of(group.zones.begin(), group.zones.end(),
                                    [&](int z) { return z >= 0 && z < task.zones; });
    if (!inside || group.zones.empty() || group.thresholds.empty() ||
        !std::is_sorted(group.thresholds.begin(), group.thresholds.end())) {
      return InvalidArgument(at + "groups: " + Quoted(group.name) +
                             ": expected zones of the task and ascending thresholds");
    }
  }
  return OkStatus();
}

TaskSpec PrognosisTask() {
  TaskSpec task;
  task.id = TaskId("prognosis");
  task.kind = TaskKind::kClasses;
  task.classes = {"mild", "severe"};
  return task;
}

Result<TaskSpec> BrixiaTask(std::string_view structure) {
  TaskSpec task;
  task.id = TaskId("brixia");
  task.zones = 6;
  task.levels = 4;
  task.flip = {3, 4, 5, 0, 1, 2};
  if (structure == "zones") {
    task.kind = TaskKind::kZones;
  } else if (structure == "lungs") {
    task.kind = TaskKind::kZoneGroups;
    task.groups = {{"right", {0, 1, 2}, {1, 4, 7}}, {"left", {3, 4, 5}, {1, 4, 7}}};
  } else if (structure == "global") {
    task.kind = TaskKind::kZoneGroups;
    task.groups = {{"global", {0, 1, 2, 3, 4, 5}, {4, 9, 14}}};
  } else {
    return InvalidArgument("brixia structure " + Quoted(structure) +
                           " is unknown, expected zones, lungs or global");
  }
  return task;
}

}  // namespace consilium
