#include "common/training/masked_loss.h"

#include "common/nn/torch_guard.h"

#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {
namespace {

/// One mean of the loss: the task itself, or one of its groups of zones. Rows with a label only.
struct LossTerm {
  torch::Tensor values;   // [rows]: class weight times loss
  torch::Tensor weights;  // [rows]: class weight, 1 without
};

LossTerm CrossEntropyTerm(const torch::Tensor& scores, const torch::Tensor& classes,
                          const torch::Tensor& class_weights) {
  const torch::Tensor column = classes.unsqueeze(1);
  const torch::Tensor loss = -torch::log_softmax(scores, 1).gather(1, column).squeeze(1);
  if (!class_weights.defined()) return {loss, torch::ones_like(loss)};
  const torch::Tensor weights = class_weights.to(scores.options()).index_select(0, classes);
  return {loss * weights, weights};
}

/// [rows, LabelWidth] zone scores -> [rows] class of the group.
torch::Tensor GroupClasses(const ZoneGroup& group, const torch::Tensor& zones) {
  torch::Tensor sum = torch::zeros({zones.size(0)}, zones.options());
  for (const int zone : group.zones) sum = sum + zones.select(1, zone);
  torch::Tensor classes = torch::zeros_like(sum);
  for (const int threshold : group.thresholds) classes = classes + (sum > threshold);
  return classes;
}

std::vector<LossTerm> TermsOf(const TaskSpec& task, const torch::Tensor& outputs,
                              const torch::Tensor& values, const torch::Tensor& class_weights) {
  switch (task.kind) {
    case TaskKind::kClasses:
      return {CrossEntropyTerm(outputs, values.select(1, 0), class_weights)};
    case TaskKind::kZones: {
      const torch::Tensor loss = (outputs - values.to(outputs.options())).square().mean(1);
      return {{loss, torch::ones_like(loss)}};
    }
    case TaskKind::kZoneGroups:
      break;
  }
  std::vector<LossTerm> terms;
  std::int64_t first = 0;
  for (const ZoneGroup& group : task.groups) {
    const auto classes = static_cast<std::int64_t>(group.thresholds.size()) + 1;
    const torch::Tensor weights =
        class_weights.defined() ? class_weights.slice(0, first, first + classes) : class_weights;
    terms.push_back(CrossEntropyTerm(outputs.slice(1, first, first + classes),
                                     GroupClasses(group, values), weights));
    first += classes;
  }
  return terms;
}

/// Only labelled rows enter the graph: whatever the others hold, it has no gradient.
std::vector<LossTerm> LabelledTerms(const TaskSpec& task, const torch::Tensor& outputs,
                                    const TaskTargets& targets, const torch::Tensor& rows,
                                    const torch::Tensor& class_weights) {
  return TermsOf(task, outputs.index_select(0, rows), targets.values.index_select(0, rows),
                 class_weights);
}

torch::Tensor LabelledRows(const TaskTargets& targets) {
  return targets.present.nonzero().squeeze(1);
}

torch::Tensor Divisor(const LossTerm& term, std::int64_t rows, Reduction reduction) {
  return reduction == Reduction::kLabelled ? term.weights.sum()
                                           : torch::full({}, rows, term.weights.options());
}

/// Weights do not depend on outputs: those of a batch whose outputs are elsewhere.
std::vector<LossTerm> WeightsOnly(const TaskSpec& task, const TaskTargets& targets,
                                  const torch::Tensor& class_weights,
                                  const torch::TensorOptions& options) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor outputs = torch::zeros({targets.values.size(0), OutputWidth(task)}, options);
  return LabelledTerms(task, outputs, targets, LabelledRows(targets), class_weights);
}

/// What L_j is the sum of: one mean per term; none without a label.
std::vector<torch::Tensor> TaskMeans(const TaskSpec& task, const torch::Tensor& outputs,
                                     const TaskTargets& targets, Reduction reduction,
                                     const torch::Tensor& class_weights,
                                     const TaskTargets* whole_batch) {
  const torch::Tensor rows = LabelledRows(targets);
  if (rows.numel() == 0) return {};
  const auto terms = LabelledTerms(task, outputs, targets, rows, class_weights);
  const TaskTargets& averaged = whole_batch != nullptr ? *whole_batch : targets;
  const auto divided = whole_batch != nullptr
                           ? WeightsOnly(task, averaged, class_weights, outputs.options())
                           : terms;
  std::vector<torch::Tensor> means;
  means.reserve(terms.size());
  for (std::size_t t = 0; t < terms.size(); ++t) {
    means.push_back(terms[t].values.sum() /
                    Divisor(divided[t], averaged.values.size(0), reduction));
  }
  return means;
}

Status CheckTask(const TaskSpec& task, const torch::Tensor& outputs, const TaskTargets& targets,
                 const torch::Tensor& class_weights) {
  const std::string at = "loss of task '" + task.id.str() + "': ";
  if (outputs.dim() != 2 || outputs.size(1) != OutputWidth(task) || !outputs.is_floating_point()) {
    return InvalidArgument(at + "outputs must be floating point [B, " +
                           std::to_string(OutputWidth(task)) + "]");
  }
  if (targets.values.dim() != 2 || targets.values.scalar_type() != torch::kInt64 ||
      targets.values.size(0) != outputs.size(0) || targets.values.size(1) != LabelWidth(task)) {
    return InvalidArgument(at + "targets must be int64 [B, " + std::to_string(LabelWidth(task)) +
                           "]");
  }
  if (targets.present.dim() != 1 || targets.present.scalar_type() != torch::kBool ||
      targets.present.size(0) != outputs.size(0)) {
    return InvalidArgument(at + "the indicator must be bool [B]");
  }
  if (class_weights.defined() &&
      (task.kind == TaskKind::kZones || class_weights.numel() != OutputWidth(task))) {
    return InvalidArgument(at + "class weights must be one per class");
  }
  return OkStatus();
}

}  // namespace

torch::Tensor PerImageLoss(const TaskSpec& task, const torch::Tensor& outputs,
                           const TaskTargets& targets, const torch::Tensor& class_weights) {
  const torch::Tensor rows = LabelledRows(targets);
  torch::Tensor loss = torch::zeros({outputs.size(0)}, outputs.options());
  for (const LossTerm& term : LabelledTerms(task, outputs, targets, rows, class_weights)) {
    loss = loss.index_add(0, rows, term.values);
  }
  return loss;
}

Result<torch::Tensor> MaskedMultiTaskLoss(std::span<const TaskSpec> tasks,
                                          const std::vector<torch::Tensor>& outputs,
                                          const std::vector<TaskTargets>& targets,
                                          std::span<const double> factors, Reduction reduction,
                                          const std::vector<torch::Tensor>& class_weights,
                                          const std::vector<TaskTargets>* whole_batch) {
  if (outputs.size() != tasks.size() || targets.size() != tasks.size() ||
      factors.size() != tasks.size() ||
      (!class_weights.empty() && class_weights.size() != tasks.size())) {
    return InvalidArgument(
        "loss: outputs, targets, factors and class weights must be one per task");
  }
  return GuardTorch("masked loss", [&]() -> Result<torch::Tensor> {
    torch::Tensor total;
    for (std::size_t j = 0; j < tasks.size(); ++j) {
      const torch::Tensor weights = class_weights.empty() ? torch::Tensor() : class_weights[j];
      CONSILIUM_RETURN_IF_ERROR(CheckTask(tasks[j], outputs[j], targets[j], weights));
      const TaskTargets* whole = whole_batch != nullptr ? &(*whole_batch)[j] : nullptr;
      for (const torch::Tensor& mean :
           TaskMeans(tasks[j], outputs[j], targets[j], reduction, weights, whole)) {
        const torch::Tensor part = factors[j] * mean;
        total = total.defined() ? total + part : part;
      }
    }
    return total;
  });
}

std::vector<torch::Tensor> MaskedTaskLosses(std::span<const TaskSpec> tasks,
                                            const std::vector<torch::Tensor>& outputs,
                                            const std::vector<TaskTargets>& targets,
                                            Reduction reduction,
                                            const std::vector<torch::Tensor>& class_weights) {
  std::vector<torch::Tensor> losses(tasks.size());
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    const torch::Tensor weights = class_weights.empty() ? torch::Tensor() : class_weights[j];
    for (const torch::Tensor& mean :
         TaskMeans(tasks[j], outputs[j], targets[j], reduction, weights, nullptr)) {
      losses[j] = losses[j].defined() ? losses[j] + mean : mean;
    }
  }
  return losses;
}

}  // namespace consilium
