/// What aggregator and sites say to each other, as plain structs (protobuf: common/wire).
///
/// A site's life:  GetRun -> Join(declaration) -> FetchModel(initial) -> loop { NextInstruction ->
///                 train: FetchModel, SubmitUpdate | evaluate: FetchModel, SubmitEvaluation |
///                 finish }.
/// Threads: plain values.
#pragma once

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/federation/run_plan.h"
#include "common/metrics/task_counts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace consilium {

/// A model by content.
struct ModelRef {
  std::string digest;           ///< SHA-256 in hexadecimal; "" in a build without OpenSSL
  std::uint64_t byte_size = 0;  ///< of the bytes it names
  RoundNumber version = 0;      ///< global model r is the one that round r starts from
  friend bool operator==(const ModelRef&, const ModelRef&) = default;
};

/// version of the run's first, complete model (all heads, whatever the heads mode).
inline constexpr RoundNumber kInitialModel = -1;

struct RunOffer {
  RunPlan plan;
  ModelRef initial;                ///< complete state, in the complete layout
  std::string layout_fingerprint;  ///< of the complete layout
};

struct ClassHolding {
  std::string name;
  std::int64_t train = 0;  ///< training images of the class
  friend bool operator==(const ClassHolding&, const ClassHolding&) = default;
};

/// How many labels of one task a site has, and what its own data mean by them.
struct TaskHolding {
  TaskId task;
  std::int64_t train = 0;       ///< labelled training images: n_sj
  std::int64_t validation = 0;  ///< labelled validation images
  std::int64_t set_aside = 0;   ///< labelled, but unreadable: in neither of the two
  /// Of a task of classes, in the order in which the site numbers them. Empty: not told.
  std::vector<ClassHolding> classes;
  int zones = 0;   ///< of a task of zones; 0: not told
  int levels = 0;  ///< of each zone; 0: not told
  friend bool operator==(const TaskHolding&, const TaskHolding&) = default;
};

/// Why a site cannot take part whatever it has; its own log says more.
enum class SiteObstacle : std::uint8_t {
  kNone,
  kData,     ///< its images and labels cannot be prepared for the run
  kNetwork,  ///< its program cannot make the run's network
};

/// What a site brings, before it has seen any model. Sites older than a field do not tell it.
struct SiteDeclaration {
  SiteId site;
  std::int64_t train_images = 0;
  std::vector<TaskHolding> tasks;  ///< with a label to train from, to evaluate or set aside
  std::string layout_fingerprint;
  std::int64_t set_aside = 0;  ///< unreadable images, labelled or not
  int image_size = 0;          ///< pixels a side of its prepared images; 0: not told
  int channels = 0;            ///< of its prepared images; 0: not told
  SiteObstacle obstacle = SiteObstacle::kNone;
  friend bool operator==(const SiteDeclaration&, const SiteDeclaration&) = default;
};

enum class InstructionKind : std::uint8_t {
  kWait,      ///< nothing to do now, ask again
  kTrain,     ///< train from `model` for this round, submit an update
  kEvaluate,  ///< evaluate `model` on the validation data, submit counts
  kFinish,    ///< the run is over; `best_round` and `model` name the result
};

/// Factor of a task's loss at this site beside lambda: 1 under per-group weighting,
/// (n_sj / n_j) / u_s under exact weighting.
struct LossFactor {
  TaskId task;
  double factor = 1;
  friend bool operator==(const LossFactor&, const LossFactor&) = default;
};

struct Instruction {
  InstructionKind kind = InstructionKind::kWait;
  RoundNumber round = 0;
  ModelRef model;
  double learning_rate = 0;
  std::vector<LossFactor> loss_factors;
  /// Best model version so far; a site keeps its local state of that version (0: none yet).
  RoundNumber best_version = 0;
  /// Newest model that an update of this site went into; 0: none. What the site keeps from its
  /// updates (a codec's residual) is that of this version.
  RoundNumber counted_version = 0;
  /// Of kWait: an operator has paused the run, it may be long.
  bool paused = false;
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// Everything about an update except its bytes.
struct UpdateHeader {
  RunId run;
  RoundNumber round = 0;
  SiteId site;  ///< over a network, set by the receiver from the certificate
  std::string codec;
  std::string digest;           ///< SHA-256 of the encoded bytes; "" without OpenSSL
  std::uint64_t byte_size = 0;  ///< of the encoded bytes
  std::int64_t images_used = 0;
  std::vector<TaskCounts> training;  ///< losses seen while training, for display
  std::int64_t steps = 0;            ///< of the local optimiser, over all local epochs
};

struct EvaluationReport {
  RunId run;
  RoundNumber version = 0;  ///< of the model evaluated
  SiteId site;
  std::vector<TaskCounts> tasks;
};

/// What a site does for a run at a moment.
enum class SiteActivity : std::uint8_t {
  kUnknown,   ///< not told, as by older sites
  kWaiting,   ///< for the next instruction
  kFetching,  ///< a model
  kQueueing,  ///< for its turn to compute, which another run of the site has
  kTraining,
  kEvaluating,
  kSending,  ///< its update or its counts
};

struct Progress {
  RunId run;
  RoundNumber round = 0;
  SiteId site;
  std::int64_t steps_done = 0;
  std::int64_t steps_planned = 0;
  SiteActivity activity = SiteActivity::kUnknown;
  Millis step{0};        ///< what a step took at the site of late; 0: not measured yet
  Millis since_step{0};  ///< when this was sent: since the last step, or since the activity began
  friend bool operator==(const Progress&, const Progress&) = default;
};

}  // namespace consilium
