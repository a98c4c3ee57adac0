/// What a run is: everything that aggregator and sites must agree on, as plain values.
///
/// A plan is validated whole (ValidatePlan) before anything starts; after that nobody checks it
/// again. Threads: plain values.
#pragma once

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/base/task_spec.h"
#include "common/federation/parameter_blob.h"
#include "common/federation/strategy_options.h"
#include "common/schedule/validation_monitor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

/// Where task heads live: on each site alone, or averaged over the sites that hold the task.
enum class HeadsMode : std::uint8_t { kLocal, kShared };
/// How the indicator weighs parameter groups in the aggregation (weights.h).
enum class Weighting : std::uint8_t { kPerGroup, kExact };
/// Running statistics of normalisation layers: averaged, or kept on each site (FedBN).
enum class NormalisationMode : std::uint8_t { kShared, kLocal };
/// What a task's loss is averaged over (training/masked_loss.h).
enum class Reduction : std::uint8_t { kLabelled, kBatch };
enum class Optimizer : std::uint8_t { kAdam, kSgd, kAdamW };

/// What of the learning rate the parameters below `prefix` get ("backbone", "backbone.layer1",
/// "heads.brixia"); the longest prefix counts, and 0 freezes.
struct RateFactor {
  std::string prefix;
  double factor = 1;
  friend bool operator==(const RateFactor&, const RateFactor&) = default;
};

/// Local training, the same for a site, for one center alone and for pooled data.
struct TrainingOptions {
  Optimizer optimizer = Optimizer::kAdam;
  double learning_rate = 1e-3;
  double weight_decay = 1e-4;
  double momentum = 0;  ///< SGD only
  int batch_size = 32;
  bool full_batch = false;  ///< one step per epoch over all images; batch_size is ignored
  bool augment = true;
  double dropout = 0.5;  ///< of the heads; 0 switches it off
  /// Normalisation layers use and keep their running statistics while training (no batch
  /// statistics).
  bool freeze_normalisation = false;
  bool class_weights = false;  ///< weigh classes by inverse frequency in the training data
  Reduction reduction = Reduction::kLabelled;
  std::vector<RateFactor> learning_rate_factors;
  int freeze_stages = 0;  ///< first stages of the backbone that stay as they are (nn/stages.h)
  friend bool operator==(const TrainingOptions&, const TrainingOptions&) = default;
};

/// When a round ends (round_engine.h).
struct RoundOptions {
  int rounds = 10;
  int local_epochs = 1;
  int expected_sites = 2;  ///< round 0 starts when so many have joined
  int quorum = 1;          ///< updates without which a round is repeated
  Millis deadline{600'000};
  Millis site_lease{30'000};  ///< silence after which a site counts as lost
  int evaluate_every = 1;     ///< rounds from one evaluated model to the next; the last always is
  /// Of the labelled images of each task that a site holds, those that it can read; a site with
  /// less of any task abstains (participation.h). 0: none ever does.
  double smallest_usable_share = 0.5;
  /// Left out of all training: they evaluate each evaluated model, beside expected_sites.
  std::vector<SiteId> evaluation_sites = {};
  /// Of the sites that are there, how many each round draws (selection.h); 1: all train.
  double select_fraction = 1;
  /// If there are any, they alone train and are counted in expected_sites.
  std::vector<SiteId> select_sites = {};
  friend bool operator==(const RoundOptions&, const RoundOptions&) = default;
};

struct RunPlan {
  RunId run;
  std::vector<TaskSpec> tasks;
  std::string backbone = "resnet18";
  int image_size = 224;  ///< pixels, square
  std::uint64_t seed = 1;
  double validation_fraction = 0.1;  ///< of each site's patients
  HeadsMode heads = HeadsMode::kLocal;
  Weighting weighting = Weighting::kPerGroup;
  NormalisationMode normalisation = NormalisationMode::kShared;
  std::string strategy = "fedavg";
  StrategyOptions strategy_options;
  std::string codec = "fp32";        ///< of updates (codec_name.h)
  std::string model_codec = "fp32";  ///< of the model on its way to the sites: fp32 or bf16
  TrainingOptions training;
  RoundOptions rounds;
  ScheduleOptions schedule;  ///< steps are rounds
  friend bool operator==(const RunPlan&, const RunPlan&) = default;
};

/// Errors: kInvalidArgument, "field: what is wrong and what was expected".
Status ValidatePlan(const RunPlan& plan);

/// Which entries travel: backbone always, heads if shared, statistics and counters if shared. Under
/// fedbn the scales and shifts of normalisations with running statistics stay too, which `complete`
/// tells.
std::function<bool(const EntrySpec&)> SharedEntries(const RunPlan& plan, const Layout& complete);
/// The same, without regard to the strategy.
bool IsShared(const RunPlan& plan, const EntrySpec& entry);

// The spelling of each choice in options, YAML and reports; parsing checks against the same table.
std::string_view ToString(HeadsMode mode);
std::string_view ToString(Weighting weighting);
std::string_view ToString(NormalisationMode mode);
std::string_view ToString(Reduction reduction);
std::string_view ToString(Optimizer optimizer);
Result<HeadsMode> ParseHeadsMode(std::string_view text);
Result<Weighting> ParseWeighting(std::string_view text);
Result<NormalisationMode> ParseNormalisationMode(std::string_view text);
Result<Reduction> ParseReduction(std::string_view text);
Result<Optimizer> ParseOptimizer(std::string_view text);

}  // namespace consilium
