#include "simulations/study/study_options.h"

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

constexpr std::array<Named<Method>, 4> kMethods = {{{Method::kLocal, "local"},
                                                    {Method::kStl, "stl"},
                                                    {Method::kMdmtCentral, "mdmt-central"},
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

Status ValidateStudy(const StudyOptions& options) {
  RunPlan plan = options.plan;
  // Every federated training sets both to the number of its sites.
  plan.rounds.expected_sites = kManySites;
  plan.rounds.quorum = kManySites;
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

std::vector<std::pair<std::string, std::string>> DescribeSettings(const StudyOptions& options) {
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

}  // namespace consilium
