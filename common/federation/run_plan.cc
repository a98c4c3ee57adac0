#include "common/federation/run_plan.h"

#include "common/federation/codec_name.h"
#include "common/federation/strategies/requirements.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>

namespace consilium {
namespace {

template <typename Choice>
struct Spelling {
  Choice choice;
  std::string_view text;
};

constexpr std::array kHeadsModes{Spelling<HeadsMode>{HeadsMode::kLocal, "local"},
                                 Spelling<HeadsMode>{HeadsMode::kShared, "shared"}};
constexpr std::array kWeightings{Spelling<Weighting>{Weighting::kPerGroup, "per-group"},
                                 Spelling<Weighting>{Weighting::kExact, "exact"}};
constexpr std::array kNormalisationModes{
    Spelling<NormalisationMode>{NormalisationMode::kShared, "shared"},
    Spelling<NormalisationMode>{NormalisationMode::kLocal, "local"}};
constexpr std::array kReductions{Spelling<Reduction>{Reduction::kLabelled, "labelled"},
                                 Spelling<Reduction>{Reduction::kBatch, "batch"}};
constexpr std::array kOptimizers{Spelling<Optimizer>{Optimizer::kAdam, "adam"},
                                 Spelling<Optimizer>{Optimizer::kSgd, "sgd"},
                                 Spelling<Optimizer>{Optimizer::kAdamW, "adamw"}};

template <typename Choice, std::size_t N>
std::string_view Spell(const std::array<Spelling<Choice>, N>& table, Choice choice) {
  for (const auto& row : table) {
    if (row.choice == choice) return row.text;
  }
  return "?";
}

template <typename Choice, std::size_t N>
Result<Choice> Parse(const std::array<Spelling<Choice>, N>& table, std::string_view what,
                     std::string_view text) {
  std::string known;
  for (const auto& row : table) {
    if (row.text == text) return row.choice;
    known += (known.empty() ? "" : " or ") + std::string(row.text);
  }
  return InvalidArgument(std::string(what) + ": '" + std::string(text) + "' is unknown, expected " +
                         known);
}

// Names that become part of file names and entry names.
bool IsPlainName(std::string_view text, std::string_view punctuation) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of('.') != text.npos &&
         std::all_of(text.begin(), text.end(), [punctuation](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  punctuation.find(c) != punctuation.npos;
         });
}

Status Require(bool holds, std::string_view field, std::string_view expected) {
  if (holds) return OkStatus();
  return InvalidArgument(std::string(field) + ": expected " + std::string(expected));
}

Status ValidateTasks(const std::vector<TaskSpec>& tasks) {
  CONSILIUM_RETURN_IF_ERROR(Require(!tasks.empty(), "tasks", "at least one task"));
  std::set<TaskId> seen;
  for (const TaskSpec& task : tasks) {
    CONSILIUM_RETURN_IF_ERROR(ValidateTask(task).WithContext("tasks"));
    CONSILIUM_RETURN_IF_ERROR(Require(IsPlainName(task.id.str(), "_-"),
                                      "tasks: id '" + task.id.str() + "'",
                                      "1 to 64 of [A-Za-z0-9_-]"));
    CONSILIUM_RETURN_IF_ERROR(
        Require(seen.insert(task.id).second, "tasks: id '" + task.id.str() + "'", "it once only"));
  }
  return OkStatus();
}

Status ValidateFactors(const std::vector<RateFactor>& factors) {
  constexpr std::size_t kMostFactors = 1000;
  constexpr std::string_view kField = "training.learning_rate_factors";
  CONSILIUM_RETURN_IF_ERROR(Require(factors.size() <= kMostFactors, kField, "at most 1000"));
  std::set<std::string> seen;
  for (const RateFactor& one : factors) {
    const std::string field = std::string(kField) + "." + one.prefix;
    const std::string part = one.prefix.substr(0, one.prefix.find('.'));
    CONSILIUM_RETURN_IF_ERROR(Require(part == "backbone" || part == "heads", field,
                                      "a name that begins with backbone or heads"));
    CONSILIUM_RETURN_IF_ERROR(
        Require(one.factor >= 0 && one.factor <= 1000, field, "a number from 0 to 1000"));
    CONSILIUM_RETURN_IF_ERROR(Require(seen.insert(one.prefix).second, field, "it once only"));
  }
  return OkStatus();
}

Status ValidateTraining(const TrainingOptions& training) {
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.learning_rate > 0 && std::isfinite(training.learning_rate),
              "training.learning_rate", "a number above 0"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.weight_decay >= 0 && std::isfinite(training.weight_decay),
              "training.weight_decay", "0 or more"));
  CONSILIUM_RETURN_IF_ERROR(Require(training.momentum >= 0 && training.momentum < 1,
                                    "training.momentum", "at least 0 and below 1"));
  CONSILIUM_RETURN_IF_ERROR(Require(training.momentum == 0 || training.optimizer == Optimizer::kSgd,
                                    "training.momentum", "0 unless optimizer is sgd"));
  CONSILIUM_RETURN_IF_ERROR(Require(training.batch_size >= 1, "training.batch_size", "1 or more"));
  CONSILIUM_RETURN_IF_ERROR(Require(training.dropout >= 0 && training.dropout < 1,
                                    "training.dropout", "at least 0 and below 1"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.freeze_stages >= 0, "training.freeze_stages", "0 or more"));
  return ValidateFactors(training.learning_rate_factors);
}

Status ValidateRounds(const RoundOptions& rounds) {
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.rounds >= 1, "rounds.rounds", "1 or more"));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.local_epochs >= 1, "rounds.local_epochs", "1 or more"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.expected_sites >= 1, "rounds.expected_sites", "1 or more"));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.quorum >= 1 && rounds.quorum <= rounds.expected_sites,
                                    "rounds.quorum", "1 to expected_sites"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.deadline.count() > 0, "rounds.deadline", "more than 0 ms"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.site_lease.count() > 0, "rounds.site_lease", "more than 0 ms"));
  return Require(rounds.evaluate_every >= 1, "rounds.evaluate_every", "1 or more");
}

}  // namespace

Status ValidatePlan(const RunPlan& plan) {
  CONSILIUM_RETURN_IF_ERROR(
      Require(IsPlainName(plan.run.str(), "._-"), "run", "a name of 1 to 64 of [A-Za-z0-9._-]"));
  CONSILIUM_RETURN_IF_ERROR(ValidateTasks(plan.tasks));
  CONSILIUM_RETURN_IF_ERROR(Require(!plan.backbone.empty(), "backbone", "a name"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(plan.image_size >= 1 && plan.image_size <= 4096, "image_size", "1 to 4096 pixels"));
  CONSILIUM_RETURN_IF_ERROR(Require(plan.validation_fraction >= 0 && plan.validation_fraction < 1,
                                    "validation_fraction", "at least 0 and below 1"));
  CONSILIUM_RETURN_IF_ERROR(ParseCodecName(plan.codec).status());
  CONSILIUM_RETURN_IF_ERROR(ValidateTraining(plan.training));
  CONSILIUM_RETURN_IF_ERROR(ValidateRounds(plan.rounds));
  CONSILIUM_RETURN_IF_ERROR(CheckStrategy(plan));
  return ValidateSchedule(plan.schedule).WithContext("schedule");
}

std::function<bool(const EntrySpec&)> SharedEntries(const RunPlan& plan, const Layout& complete) {
  std::set<std::string, std::less<>> normalisations;  // with a '.' at the end
  constexpr std::string_view kMean = "running_mean";
  for (const EntrySpec& entry : complete.entries()) {
    if (plan.strategy != "fedbn" || !entry.name.ends_with(kMean)) continue;
    normalisations.insert(entry.name.substr(0, entry.name.size() - kMean.size()));
  }
  return [plan, normalisations](const EntrySpec& entry) {
    const std::size_t own = entry.name.rfind('.') + 1;
    return IsShared(plan, entry) && !normalisations.contains(entry.name.substr(0, own));
  };
}

bool IsShared(const RunPlan& plan, const EntrySpec& entry) {
  if (!HeadOf(entry).empty() && plan.heads == HeadsMode::kLocal) return false;
  return KindOf(entry) == EntryKind::kParameter || plan.normalisation == NormalisationMode::kShared;
}

std::string_view ToString(HeadsMode mode) { return Spell(kHeadsModes, mode); }
std::string_view ToString(Weighting weighting) { return Spell(kWeightings, weighting); }
std::string_view ToString(NormalisationMode mode) { return Spell(kNormalisationModes, mode); }
std::string_view ToString(Reduction reduction) { return Spell(kReductions, reduction); }
std::string_view ToString(Optimizer optimizer) { return Spell(kOptimizers, optimizer); }

Result<HeadsMode> ParseHeadsMode(std::string_view text) {
  return Parse(kHeadsModes, "heads", text);
}
Result<Weighting> ParseWeighting(std::string_view text) {
  return Parse(kWeightings, "weighting", text);
}
Result<NormalisationMode> ParseNormalisationMode(std::string_view text) {
  return Parse(kNormalisationModes, "normalisation", text);
}
Result<Reduction> ParseReduction(std::string_view text) {
  return Parse(kReductions, "reduction", text);
}
Result<Optimizer> ParseOptimizer(std::string_view text) {
  return Parse(kOptimizers, "optimizer", text);
}

}  // namespace consilium
