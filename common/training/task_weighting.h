/// How much each task's loss counts: fixed, or learned while training.
///
///   TaskWeighter weighter(options, tasks);
///   factor_j = lambda_j * weighter.weights()[j]   // of the next step (masked_loss.h)
///   weighter.ObserveStep(signals, learning_rate);  // after each step
///   weighter.ObserveEpoch(mean_losses);            // after each epoch
///
/// With L_j a task's mean loss in the batch and K the number of tasks:
///   fixed        1.
///   uncertainty  c_j exp(-s_j), where s_j = log sigma_j^2 starts at 0 and descends, by Adam at the
///                network's learning rate, on lambda_j (c_j exp(-s_j) L_j + s_j / 2): the gradient
///                is lambda_j (1/2 - c_j exp(-s_j) L_j). c_j is 1 for cross-entropies and 1/2 for
///                squared errors.
///                Source: Kendall, Gal, Cipolla, CVPR 2018 (arXiv 1705.07115), section 3.2.
///   gradnorm     w_j, from 1, descends by Adam at `gradnorm_rate` on
///                sum_j |G_j - mean(G) r_j^alpha| with the second term held constant.
///                G_j = w_j lambda_j |grad_W L_j|, W the last shared weights; r_j = q_j / mean(q),
///                q_j = L_j / (the task's first loss). Then the weights are scaled to the sum they
///                had. Source: Chen, Badrinarayanan, Lee, Rabinovich, ICML 2018 (arXiv 1711.02257),
///                algorithm 1.
///   dwa          K exp(r_j / T) / sum_k exp(r_k / T), r_j = L_j(t-1) / L_j(t-2) of epochs' mean
///                losses; 1 in the first two epochs.
///                Source: Liu, Johns, Davison, CVPR 2019 (arXiv 1803.10704).
///
/// Indicator    a task without a label in a batch (dwa: in an epoch) does not count: means, sums and
///              K run over the others, and its own weight and moments stay as they are.
/// Determinism  plain double arithmetic; no random draws.
/// Threads      one caller.
#pragma once

#include "common/base/result.h"
#include "common/base/task_spec.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace consilium {

enum class TaskWeighting : std::uint8_t { kFixed, kUncertainty, kGradNorm, kDwa };
std::string_view ToString(TaskWeighting weighting);
/// Errors: kInvalidArgument "task-weighting: ...".
Result<TaskWeighting> ParseTaskWeighting(std::string_view text);

struct TaskWeightingOptions {
  TaskWeighting kind = TaskWeighting::kFixed;
  double gradnorm_alpha = 1.5;   ///< how strongly slow tasks are favoured; 0 or above
  double gradnorm_rate = 0.025;  ///< of Adam
  double dwa_temperature = 2;    ///< above 0; higher is closer to equal weights
};
/// Errors: kInvalidArgument "field: what is wrong and what was expected".
Status ValidateTaskWeighting(const TaskWeightingOptions& options);

/// What one step tells of one task.
struct TaskSignal {
  bool present = false;      ///< it had a label in the batch
  double loss = 0;           ///< L_j, without lambda_j
  double gradient_norm = 0;  ///< |grad_W L_j|; gradnorm only
};

class TaskWeighter {
 public:
  /// Requires valid options.
  TaskWeighter(const TaskWeightingOptions& options, std::span<const TaskSpec> tasks);

  /// One per task, beside lambda_j.
  const std::vector<double>& weights() const { return weights_; }
  /// One per task; a signal that is not finite counts as absent.
  void ObserveStep(std::span<const TaskSignal> signals, double learning_rate);
  /// Mean loss of each task in the epoch; none if it had no label.
  void ObserveEpoch(std::span<const std::optional<double>> losses);

 private:
  /// Adam over one number: beta 0.9 and 0.999, epsilon 1e-8.
  struct Moments {
    double first = 0;
    double second = 0;
    int steps = 0;
    double Step(double gradient, double rate);  // what to subtract
  };
  void LearnUncertainty(std::span<const TaskSignal> signals, double learning_rate);
  void LearnGradNorm(std::span<const TaskSignal> signals);

  TaskWeightingOptions options_;
  std::vector<double> lambdas_;
  std::vector<double> scales_;  // c_j
  std::vector<double> weights_;
  std::vector<Moments> moments_;
  std::vector<double> log_variances_;                // uncertainty
  std::vector<std::optional<double>> first_losses_;  // gradnorm
  std::vector<std::optional<double>> last_epoch_;    // dwa
};

}  // namespace consilium
