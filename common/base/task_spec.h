/// What a task is, as configuration: nothing below knows COVID, only classes and ordinal zones.
///
/// Three kinds cover the paper:
///   kClasses      one of `classes`; the label is its name. Prognosis: mild, severe.
///   kZones        `zones` ordinal scores 0..levels-1, one output each, squared error; the label is
///                 one digit per zone. Brixia, structure zones: six scores 0-3.
///   kZoneGroups   the same label, but each group of zones is summed and the sum's class
///                 (thresholds) predicted, cross-entropy per group. Brixia, lungs and global.
/// Source: arXiv 2405.13771; published variants in docs/math.md, "Tasks".
/// Threads: plain values.
#pragma once

#include "common/base/ids.h"
#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

enum class TaskKind : std::uint8_t { kClasses, kZones, kZoneGroups };

/// Zones whose scores are summed; the class is the number of thresholds that the sum exceeds.
struct ZoneGroup {
  std::string name;
  std::vector<int> zones;
  std::vector<int> thresholds;  ///< ascending; class c means thresholds[c-1] < sum <= thresholds[c]
  friend bool operator==(const ZoneGroup&, const ZoneGroup&) = default;
};

struct TaskSpec {
  TaskId id;  ///< also the name of the manifest's column
  TaskKind kind = TaskKind::kClasses;
  std::vector<std::string> classes;  ///< kClasses; the last is the positive one of a binary task
  int zones = 0;                     ///< kZones, kZoneGroups
  int levels = 0;                    ///< scores 0..levels-1
  /// flip[z] is the zone that shows at z after a horizontal flip (left and right lung swap).
  std::vector<int> flip;
  std::vector<ZoneGroup> groups;  ///< kZoneGroups
  double weight = 1.0;            ///< lambda_j of the loss
  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};

/// Width K_j of the task's head: classes, zones, or the classes of all groups side by side.
int OutputWidth(const TaskSpec& task);
/// Values of one label: 1 for kClasses (the class index), else one score per zone.
int LabelWidth(const TaskSpec& task);

/// "severe" -> {1};  "012301" -> {0,1,2,3,0,1}.
/// Errors: kInvalidArgument with what was found and what is expected, without file or line.
Result<std::vector<int>> ParseLabel(const TaskSpec& task, std::string_view text);
/// The inverse of ParseLabel.
std::string FormatLabel(const TaskSpec& task, std::span<const int> values);
/// Class (index into 0..thresholds.size()) of a zone group for one label.
int GroupClass(const ZoneGroup& group, std::span<const int> zone_scores);

/// Errors: kInvalidArgument naming the field that contradicts another.
Status ValidateTask(const TaskSpec& task);

/// tau1 of the paper: id "prognosis", classes mild, severe.
TaskSpec PrognosisTask();
/// tau2 of the paper: id "brixia"; structure "zones", "lungs" or "global".
Result<TaskSpec> BrixiaTask(std::string_view structure);

}  // namespace consilium
