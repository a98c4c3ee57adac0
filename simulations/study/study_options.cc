#include "simulations/study/study_options.h"

#include "common/federation/strategies/requirements.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

namespace consilium {
namespace {

template <typename T>
struct Named {
  T value;
  std::string_view name;
};

constexpr std::array<Named<Method>, 9> kMethods = {
    {{Method::kLocal, "local"},
     {Method::kStl, "stl"},
     {Method::kTransfer, "transfer"},
     {Method::kMdmtCentral, "mdmt-central"},
     {Method::kMdmtAveragedInit, "mdmt-averaged-init"},
     {Method::kMdmtHarmonised, "mdmt-harmonised"},
     {Method::kMdmtNoSharing, "mdmt-no-sharing"},
     {Method::kMdmtNoIndicator, "mdmt-no-indicator"},
     {Method::kMdmtFederated, "mdmt-federated"}}};
constexpr std::array<Named<TransportKind>, 2> kTransports = {
    {{TransportKind::kInProcess, "in-process"}, {TransportKind::kGrpc, "grpc"}}};

template <typename T, std::size_t N>
std::string_view NameOf(const std::array<Named<T>, N>& table, T value) {
  for (const Named<T>& row : table) {
    if (row.value == value) return row.name;
  }
  return "";
}

template <typename T, std::size_t N>
Result<T> ValueOf(const std::array<Named<T>, N>& table, std::string_view field,
                  std::string_view text) {
  std::string known;
  for (const Named<T>& row : table) {
    if (row.name == text) return row.value;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  return InvalidArgument(std::string(field) + ": '" + std::string(text) +
                         "' is unknown, expected one of " + known);
}

template <typename T>
bool HasRepeats(const std::vector<T>& values) {
  return std::set<T>(values.begin(), values.end()).size() != values.size();
}

std::string Decimal(double value) {
  std::ostringstream text;
  text.precision(10);
  text << value;
  return text.str();
}

constexpr int kManySites = 1'000'000;

std::string YesNo(bool value) { return value ? "yes" : "no"; }

bool Includes(const StudyOptions& options, Method method) {
  return std::ranges::find(options.methods, method) != options.methods.end();
}

Status CheckTaskWeighting(const StudyOptions& options) {
  const TaskWeightingOptions& weighting = options.task_weighting;
  CONSILIUM_RETURN_IF_ERROR(ValidateTaskWeighting(weighting));
  if (weighting.kind == TaskWeighting::kFixed || !Includes(options, Method::kMdmtFederated)) {
    return OkStatus();
  }
  std::string text("task-weighting: '");
  return InvalidArgument(
      text.append(ToString(weighting.kind))
          .append("' is learned over the epochs of one training, and a site begins anew in each "
                  "round; expected fixed with mdmt-federated, or methods without it"));
}

std::string TaskWeightingText(const TaskWeightingOptions& weighting) {
  std::string text(ToString(weighting.kind));
  if (weighting.kind == TaskWeighting::kGradNorm) {
    text.append(" (alpha ").append(Decimal(weighting.gradnorm_alpha));
    text.append(", rate ").append(Decimal(weighting.gradnorm_rate)).append(")");
  }
  if (weighting.kind == TaskWeighting::kDwa) {
    text.append(" (temperature ").append(Decimal(weighting.dwa_temperature)).append(")");
  }
  return text;
}

}  // namespace

std::string_view ToString(Method method) { return NameOf(kMethods, method); }
Result<Method> ParseMethod(std::string_view text) { return ValueOf(kMethods, "methods", text); }
std::string_view ToString(TransportKind kind) { return NameOf(kTransports, kind); }
Result<TransportKind> ParseTransport(std::string_view text) {
  return ValueOf(kTransports, "transport", text);
}

int CentralEpochs(const StudyOptions& options) {
  return options.epochs > 0 ? options.epochs
                            : options.plan.rounds.rounds * options.plan.rounds.local_epochs;
}

int QuorumOf(const RunPlan& plan) {
  const std::optional<FedBuffOptions> buffer = BufferOf(plan);
  const int all = plan.rounds.expected_sites;
  return buffer ? std::min(buffer->buffer_size, all) : all;
}

Status ValidateStudy(const StudyOptions& options) {
  RunPlan plan = options.plan;
  // Every federated training sets the first to the number of its sites.
  plan.rounds.expected_sites = kManySites;
  plan.rounds.quorum = QuorumOf(plan);
  CONSILIUM_RETURN_IF_ERROR(ValidatePlan(plan));
  if (options.methods.empty()) return InvalidArgument("methods: none given, expected at least one");
  if (HasRepeats(options.methods)) return InvalidArgument("methods: one is named twice");
  if (options.seeds.empty()) return InvalidArgument("seed: none given, expected at least one");
  if (HasRepeats(options.seeds)) return InvalidArgument("seed: one is given twice");
  CONSILIUM_RETURN_IF_ERROR(ValidateProtocol(options.protocol));
  if (!options.protocol.lists.empty() && options.transport == TransportKind::kGrpc) {
    return InvalidArgument(
        "transport: with --folds sites must be told their validation images, which real daemons "
        "draw themselves, expected in-process");
  }
  if (!(options.beta >= 0 && options.beta <= 1)) {
    return InvalidArgument("beta: outside its range, expected 0 to 1");
  }
  CONSILIUM_RETURN_IF_ERROR(CheckTaskWeighting(options));
  if (options.epochs < 0) return InvalidArgument("epochs: must not be below 0");
  if (options.compute.threads < 1 || options.compute.threads > 1024) {
    return InvalidArgument("threads: " + std::to_string(options.compute.threads) +
                           " is outside its range, expected 1 to 1024");
  }
  if (options.jobs < 1 || options.jobs > 1024) {
    return InvalidArgument("jobs: " + std::to_string(options.jobs) +
                           " is outside its range, expected 1 to 1024");
  }
  return OkStatus();
}

namespace {

/// Of every study.
std::vector<std::pair<std::string, std::string>> CommonSettings(const StudyOptions& options) {
  const RunPlan& plan = options.plan;
  const TrainingOptions& training = plan.training;
  std::string methods;
  for (const Method method : options.methods) {
    if (!methods.empty()) methods += ',';
    methods += ToString(method);
  }
  std::string seeds;
  for (const std::uint64_t seed : options.seeds) {
    if (!seeds.empty()) seeds += ',';
    seeds += std::to_string(seed);
  }
  std::string tasks;
  for (const TaskSpec& task : plan.tasks) {
    tasks += (tasks.empty() ? "" : ",") + task.id.str() + ":" + std::to_string(OutputWidth(task));
  }
  return {{"protocol", std::string(ToString(options.protocol.kind))},
          {"folds", options.protocol.lists},
          {"folds-mode", std::string(ToString(options.protocol.mode))},
          {"preset", options.preset.name},
          {"methods", methods},
          {"seed", seeds},
          {"tasks", tasks},
          {"backbone", plan.backbone},
          {"weights", options.weights},
          {"image-size", std::to_string(plan.image_size)},
          {"rounds", std::to_string(plan.rounds.rounds)},
          {"local-epochs", std::to_string(plan.rounds.local_epochs)},
          {"epochs", std::to_string(CentralEpochs(options))},
          {"heads", std::string(ToString(plan.heads))},
          {"weighting", std::string(ToString(plan.weighting))},
          {"normalisation", std::string(ToString(plan.normalisation))},
          {"strategy", DescribeStrategy(plan.strategy, plan.strategy_options)},
          {"codec", plan.codec},
          {"batch-size", std::to_string(training.batch_size)},
          {"learning-rate", Decimal(training.learning_rate)},
          {"weight-decay", Decimal(training.weight_decay)},
          {"dropout", Decimal(training.dropout)},
          {"augment", YesNo(training.augment)},
          {"class-weights", YesNo(training.class_weights)},
          {"reduction", std::string(ToString(training.reduction))},
          {"warm-up", std::to_string(plan.schedule.warm_up)},
          {"plateau-patience", std::to_string(plan.schedule.plateau_patience)},
          {"patience", std::to_string(plan.schedule.stop_patience)},
          {"validation-fraction", Decimal(plan.validation_fraction)},
          {"transport", std::string(ToString(options.transport))},
          {"device", DevicesText(options.compute)},
          {"threads", std::to_string(options.compute.threads)},
          {"precision", std::string(ToString(options.compute.precision))}};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> DescribeSettings(const StudyOptions& options) {
  std::vector<std::pair<std::string, std::string>> settings = CommonSettings(options);
  if (Includes(options, Method::kMdmtAveragedInit)) {
    settings.emplace_back("beta", Decimal(options.beta));
  }
  if (options.task_weighting.kind != TaskWeighting::kFixed) {
    settings.emplace_back("task-weighting", TaskWeightingText(options.task_weighting));
  }
  // Named where it is not the default: studies of before keep their settings.
  const RunPlan& plan = options.plan;
  if (plan.model_codec != RunPlan().model_codec) {
    settings.emplace_back("model-codec", plan.model_codec);
  }
  return settings;
}

}  // namespace consilium
