/// Which protobuf value stands for which plain one: one table per enumeration, read both ways.
/// Private to this folder.
#pragma once

#include "common/base/check.h"
#include "common/federation/messages.h"

#include "consilium/v1/messages.pb.h"

#include <array>
#include <optional>
#include <utility>

namespace consilium {

inline constexpr std::array kTaskKinds = {
    std::pair{TaskKind::kClasses, v1::TASK_KIND_CLASSES},
    std::pair{TaskKind::kZones, v1::TASK_KIND_ZONES},
    std::pair{TaskKind::kZoneGroups, v1::TASK_KIND_ZONE_GROUPS}};
inline constexpr std::array kHeadsModes = {std::pair{HeadsMode::kLocal, v1::HEADS_MODE_LOCAL},
                                           std::pair{HeadsMode::kShared, v1::HEADS_MODE_SHARED}};
inline constexpr std::array kWeightings = {std::pair{Weighting::kPerGroup, v1::WEIGHTING_PER_GROUP},
                                           std::pair{Weighting::kExact, v1::WEIGHTING_EXACT}};
inline constexpr std::array kNormalisationModes = {
    std::pair{NormalisationMode::kShared, v1::NORMALISATION_MODE_SHARED},
    std::pair{NormalisationMode::kLocal, v1::NORMALISATION_MODE_LOCAL}};
inline constexpr std::array kReductions = {std::pair{Reduction::kLabelled, v1::REDUCTION_LABELLED},
                                           std::pair{Reduction::kBatch, v1::REDUCTION_BATCH}};
inline constexpr std::array kOptimizers = {std::pair{Optimizer::kAdam, v1::OPTIMIZER_ADAM},
                                           std::pair{Optimizer::kSgd, v1::OPTIMIZER_SGD},
                                           std::pair{Optimizer::kAdamW, v1::OPTIMIZER_ADAM_W}};
/// An obstacle or activity that is not told is unspecified.
inline constexpr std::array kSiteObstacles = {
    std::pair{SiteObstacle::kNone, v1::SITE_OBSTACLE_UNSPECIFIED},
    std::pair{SiteObstacle::kData, v1::SITE_OBSTACLE_DATA},
    std::pair{SiteObstacle::kNetwork, v1::SITE_OBSTACLE_NETWORK}};
inline constexpr std::array kSiteActivities = {
    std::pair{SiteActivity::kUnknown, v1::SITE_ACTIVITY_UNSPECIFIED},
    std::pair{SiteActivity::kWaiting, v1::SITE_ACTIVITY_WAITING},
    std::pair{SiteActivity::kFetching, v1::SITE_ACTIVITY_FETCHING},
    std::pair{SiteActivity::kQueueing, v1::SITE_ACTIVITY_QUEUEING},
    std::pair{SiteActivity::kTraining, v1::SITE_ACTIVITY_TRAINING},
    std::pair{SiteActivity::kEvaluating, v1::SITE_ACTIVITY_EVALUATING},
    std::pair{SiteActivity::kSending, v1::SITE_ACTIVITY_SENDING}};
inline constexpr std::array kInstructionKinds = {
    std::pair{InstructionKind::kWait, v1::INSTRUCTION_KIND_WAIT},
    std::pair{InstructionKind::kTrain, v1::INSTRUCTION_KIND_TRAIN},
    std::pair{InstructionKind::kEvaluate, v1::INSTRUCTION_KIND_EVALUATE},
    std::pair{InstructionKind::kFinish, v1::INSTRUCTION_KIND_FINISH}};

template <typename Table, typename Plain>
auto WireValue(const Table& table, Plain plain) {
  for (const auto& [value, wire] : table) {
    if (value == plain) return wire;
  }
  CheckFailed("every plain value has a row", __FILE__, __LINE__);
}

/// Empty for a value without a row, zero and those of newer versions included.
template <typename Table, typename Wire>
auto PlainValue(const Table& table, Wire wire) {
  std::optional<typename Table::value_type::first_type> found;
  for (const auto& [value, row] : table) {
    if (row == wire) found = value;
  }
  return found;
}

}  // namespace consilium
