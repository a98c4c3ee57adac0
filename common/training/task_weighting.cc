#include "common/training/task_weighting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace consilium {
namespace {

constexpr std::array<std::pair<TaskWeighting, std::string_view>, 4> kNames = {
    {{TaskWeighting::kFixed, "fixed"},
     {TaskWeighting::kUncertainty, "uncertainty"},
     {TaskWeighting::kGradNorm, "gradnorm"},
     {TaskWeighting::kDwa, "dwa"}}};

/// Below it a weight of gradnorm would turn its task's loss into a gain.
constexpr double kLeastWeight = 1e-3;

bool Counts(const TaskSignal& signal) {
  return signal.present && std::isfinite(signal.loss) && std::isfinite(signal.gradient_norm);
}

}  // namespace

std::string_view ToString(TaskWeighting weighting) {
  return std::ranges::find(kNames, weighting, [](const auto& row) { return row.first; })->second;
}

Result<TaskWeighting> ParseTaskWeighting(std::string_view text) {
  std::string known;
  for (const auto& [weighting, name] : kNames) {
    if (name == text) return weighting;
    known.append(known.empty() ? "" : ", ").append(name);
  }
  std::string message("task-weighting: '");
  return InvalidArgument(
      message.append(text).append("' is unknown, expected one of ").append(known));
}

Status ValidateTaskWeighting(const TaskWeightingOptions& options) {
  if (!(options.gradnorm_alpha >= 0 && options.gradnorm_alpha <= 100)) {
    return InvalidArgument("gradnorm-alpha: outside its range, expected 0 to 100");
  }
  if (!(options.gradnorm_rate > 0 && options.gradnorm_rate <= 1)) {
    return InvalidArgument("gradnorm-rate: outside its range, expected above 0 and up to 1");
  }
  if (!(options.dwa_temperature > 0 && options.dwa_temperature <= 1e6)) {
    return InvalidArgument("dwa-temperature: outside its range, expected above 0 and up to 1e6");
  }
  return OkStatus();
}

double TaskWeighter::Moments::Step(double gradient, double rate) {
  constexpr double kFirst = 0.9;
  constexpr double kSecond = 0.999;
  ++steps;
  first = kFirst * first + (1 - kFirst) * gradient;
  second = kSecond * second + (1 - kSecond) * gradient * gradient;
  const double mean = first / (1 - std::pow(kFirst, steps));
  const double square = second / (1 - std::pow(kSecond, steps));
  return rate * mean / (std::sqrt(square) + 1e-8);
}

TaskWeighter::TaskWeighter(const TaskWeightingOptions& options, std::span<const TaskSpec> tasks)
    : options_(options),
      weights_(tasks.size(), 1),
      moments_(tasks.size()),
      log_variances_(tasks.size(), 0),
      first_losses_(tasks.size()),
      last_epoch_(tasks.size()) {
  lambdas_.reserve(tasks.size());
  scales_.reserve(tasks.size());
  for (const TaskSpec& task : tasks) {
    lambdas_.push_back(task.weight);
    scales_.push_back(task.kind == TaskKind::kZones ? 0.5 : 1);
  }
  if (options_.kind == TaskWeighting::kUncertainty) weights_ = scales_;
}

void TaskWeighter::ObserveStep(std::span<const TaskSignal> signals, double learning_rate) {
  if (options_.kind == TaskWeighting::kUncertainty) LearnUncertainty(signals, learning_rate);
  if (options_.kind == TaskWeighting::kGradNorm) LearnGradNorm(signals);
}

void TaskWeighter::LearnUncertainty(std::span<const TaskSignal> signals, double learning_rate) {
  for (std::size_t j = 0; j < weights_.size(); ++j) {
    if (!Counts(signals[j])) continue;
    const double gradient = lambdas_[j] * (0.5 - weights_[j] * signals[j].loss);
    log_variances_[j] -= moments_[j].Step(gradient, learning_rate);
    weights_[j] = scales_[j] * std::exp(-log_variances_[j]);
  }
}

void TaskWeighter::LearnGradNorm(std::span<const TaskSignal> signals) {
  std::vector<std::size_t> present;
  double norms = 0;
  double rates = 0;
  double sum_before = 0;
  const auto norm = [&](std::size_t j) { return lambdas_[j] * signals[j].gradient_norm; };
  // A first loss of 0 leaves nothing to be faster or slower than.
  const auto rate = [&](std::size_t j) {
    return *first_losses_[j] > 0 ? signals[j].loss / *first_losses_[j] : 1.0;
  };
  present.reserve(weights_.size());
  for (std::size_t j = 0; j < weights_.size(); ++j) {
    if (!Counts(signals[j])) continue;
    if (!first_losses_[j]) first_losses_[j] = signals[j].loss;
    present.push_back(j);
    norms += weights_[j] * norm(j);
    rates += rate(j);
    sum_before += weights_[j];
  }
  // One task alone has nothing to be balanced against.
  if (present.size() < 2 || rates == 0) return;
  const auto count = static_cast<double>(present.size());
  double sum_after = 0;
  for (const std::size_t j : present) {
    const double target =
        norms / count * std::pow(rate(j) * count / rates, options_.gradnorm_alpha);
    const double apart = weights_[j] * norm(j) - target;
    const double sign = apart > 0 ? 1 : (apart < 0 ? -1 : 0);
    weights_[j] -= moments_[j].Step(sign * norm(j), options_.gradnorm_rate);
    weights_[j] = std::max(weights_[j], kLeastWeight);
    sum_after += weights_[j];
  }
  for (const std::size_t j : present) weights_[j] *= sum_before / sum_after;
}

void TaskWeighter::ObserveEpoch(std::span<const std::optional<double>> losses) {
  if (options_.kind != TaskWeighting::kDwa) return;
  std::vector<double> ratios(weights_.size(), 1);
  std::vector<bool> counted(weights_.size(), false);
  double sum = 0;
  double tasks = 0;
  for (std::size_t j = 0; j < weights_.size(); ++j) {
    if (!losses[j] || !std::isfinite(*losses[j])) continue;
    if (last_epoch_[j] && *last_epoch_[j] > 0) ratios[j] = *losses[j] / *last_epoch_[j];
    last_epoch_[j] = losses[j];
    counted[j] = true;
    tasks += 1;
  }
  // Relative to the largest, so that no exponential overflows.
  const double largest = *std::ranges::max_element(ratios);
  const auto share = [&](std::size_t j) {
    return std::exp((ratios[j] - largest) / options_.dwa_temperature);
  };
  for (std::size_t j = 0; j < weights_.size(); ++j) sum += counted[j] ? share(j) : 0;
  for (std::size_t j = 0; j < weights_.size(); ++j) {
    if (counted[j] && sum > 0) weights_[j] = tasks * share(j) / sum;
  }
}

}  // namespace consilium
