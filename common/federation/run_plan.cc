#include "common/federation/run_plan.h"

#include "common/federation/codec_name.h"
#include "common/federation/strategies/requirements.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <sstream>

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

/// The same with what was found instead.
template <typename Found>
Status Require(bool holds, std::string_view field, std::string_view expected, const Found& found) {
  if (holds) return OkStatus();
  std::ostringstream message;
  message.precision(10);
  message << field << ": expected " << expected << ", found " << found;
  return InvalidArgument(message.str());
}

Status ValidateTasks(const std::vector<TaskSpec>& tasks) {
  CONSILIUM_RETURN_IF_ERROR(Require(!tasks.empty(), "tasks", "at least one task"));
  std::set<TaskId> seen;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const TaskSpec& task = tasks[i];
    const std::string at = std::string("tasks[").append(std::to_string(i)).append("]");
    const std::string id = std::string(at).append(".id");
    const std::string found = std::string("'").append(task.id.str()).append("'");
    CONSILIUM_RETURN_IF_ERROR(ValidateTask(task).WithContext(at));
    CONSILIUM_RETURN_IF_ERROR(
        Require(IsPlainName(task.id.str(), "_-"), id, "1 to 64 of [A-Za-z0-9_-]", found));
    CONSILIUM_RETURN_IF_ERROR(
        Require(seen.insert(task.id).second, id, "a name that no task before it has", found));
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
    CONSILIUM_RETURN_IF_ERROR(Require(one.factor >= 0 && one.factor <= 1000, field,
                                      "a number from 0 to 1000", one.factor));
    CONSILIUM_RETURN_IF_ERROR(Require(seen.insert(one.prefix).second, field, "it once only"));
  }
  return OkStatus();
}

Status ValidateTraining(const TrainingOptions& training) {
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.learning_rate > 0 && std::isfinite(training.learning_rate),
              "training.learning_rate", "a number above 0", training.learning_rate));
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.weight_decay >= 0 && std::isfinite(training.weight_decay),
              "training.weight_decay", "0 or more", training.weight_decay));
  CONSILIUM_RETURN_IF_ERROR(Require(training.momentum >= 0 && training.momentum < 1,
                                    "training.momentum", "at least 0 and below 1",
                                    training.momentum));
  CONSILIUM_RETURN_IF_ERROR(Require(training.momentum == 0 || training.optimizer == Optimizer::kSgd,
                                    "training.momentum", "0 unless optimizer is sgd",
                                    training.momentum));
  CONSILIUM_RETURN_IF_ERROR(
      Require(training.batch_size >= 1, "training.batch_size", "1 or more", training.batch_size));
  CONSILIUM_RETURN_IF_ERROR(Require(training.dropout >= 0 && training.dropout < 1,
                                    "training.dropout", "at least 0 and below 1",
                                    training.dropout));
  CONSILIUM_RETURN_IF_ERROR(Require(training.freeze_stages >= 0, "training.freeze_stages",
                                    "0 or more", training.freeze_stages));
  return ValidateFactors(training.learning_rate_factors);
}

Status ValidateSites(const std::vector<SiteId>& sites, std::string_view field) {
  constexpr std::size_t kMostSites = 1000;
  CONSILIUM_RETURN_IF_ERROR(Require(sites.size() <= kMostSites, field, "at most 1000"));
  std::set<SiteId> seen;
  for (const SiteId& site : sites) {
    const std::string at = std::string(field).append(": '").append(site.str()).append("'");
    CONSILIUM_RETURN_IF_ERROR(
        Require(IsPlainName(site.str(), "._-"), at, "a site's name, 1 to 64 of [A-Za-z0-9._-]"));
    CONSILIUM_RETURN_IF_ERROR(Require(seen.insert(site).second, at, "it once only"));
  }
  return OkStatus();
}

Status ValidateSelection(const RoundOptions& rounds) {
  constexpr std::string_view kList = "rounds.select_sites";
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.select_fraction > 0 && rounds.select_fraction <= 1,
                                    "rounds.select_fraction", "above 0, to 1",
                                    rounds.select_fraction));
  const std::vector<SiteId>& list = rounds.select_sites;
  if (list.empty()) return OkStatus();
  CONSILIUM_RETURN_IF_ERROR(ValidateSites(list, kList));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.select_fraction == 1, kList, "none where a select_fraction is drawn"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(std::ssize(list) >= rounds.expected_sites, kList, "expected_sites names or more"));
  const bool apart = std::none_of(list.begin(), list.end(), [&](const SiteId& site) {
    return std::count(rounds.evaluation_sites.begin(), rounds.evaluation_sites.end(), site) > 0;
  });
  return Require(apart, kList, "none of evaluation_sites");
}

Status ValidateRounds(const RoundOptions& rounds) {
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.rounds >= 1, "rounds.rounds", "1 or more", rounds.rounds));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.local_epochs >= 1, "rounds.local_epochs", "1 or more", rounds.local_epochs));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.expected_sites >= 1, "rounds.expected_sites",
                                    "1 or more", rounds.expected_sites));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.quorum >= 1 && rounds.quorum <= rounds.expected_sites,
                                    "rounds.quorum", "1 to expected_sites", rounds.quorum));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.deadline.count() > 0, "rounds.deadline",
                                    "more than 0 ms", rounds.deadline.count()));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.site_lease.count() > 0, "rounds.site_lease",
                                    "more than 0 ms", rounds.site_lease.count()));
  CONSILIUM_RETURN_IF_ERROR(Require(rounds.evaluate_every >= 1, "rounds.evaluate_every",
                                    "1 or more", rounds.evaluate_every));
  CONSILIUM_RETURN_IF_ERROR(
      Require(rounds.smallest_usable_share >= 0 && rounds.smallest_usable_share <= 1,
              "rounds.smallest_usable_share", "0 to 1", rounds.smallest_usable_share));
  CONSILIUM_RETURN_IF_ERROR(ValidateSites(rounds.evaluation_sites, "rounds.evaluation_sites"));
  return ValidateSelection(rounds);
}

/// What they get must be a whole model, the same for everybody.
Status CheckEvaluationSites(const RunPlan& plan) {
  constexpr std::string_view kField = "rounds.evaluation_sites";
  if (plan.rounds.evaluation_sites.empty()) return OkStatus();
  CONSILIUM_RETURN_IF_ERROR(Require(plan.heads == HeadsMode::kShared, kField,
                                    "none while heads are local: a site that never trains has no "
                                    "heads; or heads: shared"));
  CONSILIUM_RETURN_IF_ERROR(
      Require(plan.normalisation == NormalisationMode::kShared, kField,
              "none while running statistics are local; or normalisation: shared"));
  return Require(plan.strategy != "ditto", kField,
                 "none under ditto, whose sites evaluate models of their own");
}

/// The model that sites receive lies on bf16's grid: what a site changes by less than half a step
/// would be rounded away again, each round anew.
Status CheckCodecs(const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(const CodecName codec, ParseCodecName(plan.codec));
  CONSILIUM_RETURN_IF_ERROR(Require(plan.model_codec == "fp32" || plan.model_codec == "bf16",
                                    "model_codec", "fp32 or bf16",
                                    std::string("'").append(plan.model_codec).append("'")));
  const bool rounds_twice =
      plan.model_codec == "bf16" && codec.values == UpdateValues::kBFloat16 && !codec.difference;
  return Require(!rounds_twice, "codec",
                 "bf16+difference under model_codec bf16, or small changes are rounded away",
                 std::string("'").append(plan.codec).append("'"));
}

}  // namespace

Status ValidatePlan(const RunPlan& plan) {
  CONSILIUM_RETURN_IF_ERROR(Require(IsPlainName(plan.run.str(), "._-"), "run",
                                    "a name of 1 to 64 of [A-Za-z0-9._-]",
                                    std::string("'").append(plan.run.str()).append("'")));
  CONSILIUM_RETURN_IF_ERROR(ValidateTasks(plan.tasks));
  CONSILIUM_RETURN_IF_ERROR(Require(!plan.backbone.empty(), "backbone", "a name", "''"));
  CONSILIUM_RETURN_IF_ERROR(Require(plan.image_size >= 1 && plan.image_size <= 4096, "image_size",
                                    "1 to 4096 pixels", plan.image_size));
  CONSILIUM_RETURN_IF_ERROR(Require(plan.validation_fraction >= 0 && plan.validation_fraction < 1,
                                    "validation_fraction", "at least 0 and below 1",
                                    plan.validation_fraction));
  CONSILIUM_RETURN_IF_ERROR(CheckCodecs(plan));
  CONSILIUM_RETURN_IF_ERROR(ValidateTraining(plan.training));
  CONSILIUM_RETURN_IF_ERROR(ValidateRounds(plan.rounds));
  CONSILIUM_RETURN_IF_ERROR(CheckEvaluationSites(plan));
  CONSILIUM_RETURN_IF_ERROR(CheckStrategy(plan));
  return ValidateSchedule(plan.schedule);
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
