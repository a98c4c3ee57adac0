#include "common/nn/reference_figures.h"

#include "common/nn/torch_guard.h"

#include <torch/nn/functional/loss.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace consilium {
namespace {

constexpr std::array<std::int64_t, 2> kLabels{3, 5};

torch::Tensor LabelsOf(std::int64_t count) {
  torch::Tensor labels = torch::empty({count}, torch::kInt64);
  for (std::int64_t i = 0; i < count; ++i) labels[i] = kLabels[static_cast<std::size_t>(i) % 2];
  return labels;
}

double GradientNorm(const torch::nn::Module& module) {
  double sum = 0;
  for (const torch::Tensor& parameter : module.parameters()) {
    if (!parameter.grad().defined()) continue;
    sum += parameter.grad().to(torch::kFloat64).square().sum().item<double>();
  }
  return std::sqrt(sum);
}

/// Undefined if there is none.
torch::Tensor FirstBuffer(const torch::nn::Module& module, std::string_view ending) {
  for (const auto& entry : module.named_buffers()) {
    if (entry.key().ends_with(ending)) return entry.value().clone();
  }
  return {};
}

}  // namespace

Result<NamedTensors> EvaluationFigures(ClassifierNet& net, const torch::Tensor& images,
                                       bool with_classifier) {
  return GuardTorch("evaluating the backbone", [&] {
    const torch::NoGradGuard no_grad;
    net->eval();
    const ClassifierNetImpl::Output output = net->forward(images);
    NamedTensors figures{{"features", output.features}};
    if (with_classifier) figures["logits"] = output.logits;
    return figures;
  });
}

Result<NamedTensors> TrainingFigures(ClassifierNet& net, const torch::Tensor& images) {
  return GuardTorch("training the backbone", [&] {
    net->train();
    if (SeededDropout* dropout = net->backbone().dropout()) *dropout = SeededDropout(0);
    net->zero_grad();
    const torch::Tensor logits = net->forward(images).logits;
    const torch::Tensor loss =
        torch::nn::functional::cross_entropy(logits, LabelsOf(logits.size(0)));
    loss.backward();
    NamedTensors figures{{"train_logits", logits.detach()},
                         {"loss", loss.detach()},
                         {"grad_l2_total", torch::tensor(static_cast<float>(GradientNorm(*net)))}};
    if (const torch::Tensor mean = FirstBuffer(*net, "running_mean"); mean.defined()) {
      figures["running_mean_after"] = mean;
      figures["running_var_after"] = FirstBuffer(*net, "running_var");
    }
    return figures;
  });
}

}  // namespace consilium
