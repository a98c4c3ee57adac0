#include "common/nn/multi_task_net.h"

#include "common/base/random_stream.h"
#include "common/nn/autocast.h"
#include "common/nn/entry_names.h"
#include "common/nn/initial_values.h"
#include "common/nn/stages.h"
#include "common/nn/torch_guard.h"

#include <torch/utils.h>

#include <algorithm>

namespace consilium {
namespace {

void InitialiseHeadParameter(torch::Tensor& value, const at::Generator& generator) {
  if (value.dim() >= 2) {
    FillXavierUniform(value, generator);
  } else {
    value.fill_(0.01);
  }
}

void ResetBuffer(const std::string& name, torch::Tensor& buffer) {
  buffer.fill_(name.ends_with("running_var") ? 1 : 0);
}

bool IsLayerName(const std::string& name) {
  return !name.empty() && name.find('.') == std::string::npos;
}

/// Names become parts of entry names, which '.' separates.
Status CheckNames(const TaskSpec& task) {
  if (!IsLayerName(task.id.str())) {
    return InvalidArgument("task '" + task.id.str() + "': its id must not be empty or hold a '.'");
  }
  for (const ZoneGroup& group : task.groups) {
    if (!IsLayerName(group.name)) {
      return InvalidArgument("task '" + task.id.str() + "': the name of group '" + group.name +
                             "' must not be empty or hold a '.'");
    }
  }
  return OkStatus();
}

}  // namespace

MultiTaskNetImpl::MultiTaskNetImpl(std::shared_ptr<Backbone> backbone, std::vector<TaskSpec> tasks,
                                   double dropout, const InputStatistics& input)
    : tasks_(std::move(tasks)),
      backbone_(register_module("backbone", std::move(backbone))),
      dropout_(dropout),
      input_(input) {
  const auto heads = register_module("heads", std::make_shared<torch::nn::Module>("heads"));
  for (const TaskSpec& task : tasks_) {
    heads_.push_back(heads->register_module(
        task.id.str(), MakeTaskHead(task, backbone_->feature_width(), tasks_.size() == 1)));
  }
}

std::vector<torch::Tensor> MultiTaskNetImpl::forward(torch::Tensor images) {
  return Scores(backbone_->forward(std::move(images)));
}

std::vector<torch::Tensor> MultiTaskNetImpl::Scores(const torch::Tensor& features) {
  std::vector<torch::Tensor> outputs;
  outputs.reserve(heads_.size());
  for (std::size_t j = 0; j < heads_.size(); ++j) outputs.push_back(Score(j, features));
  return outputs;
}

torch::Tensor MultiTaskNetImpl::Score(std::size_t task, const torch::Tensor& features) {
  TaskHead& head = *heads_.at(task);
  // Too small to be worth fewer digits; and oneDNN 2.7 now and then fails to make the bfloat16
  // product of so small a layer.
  const AutocastPause full(features.device().type());
  return head.forward(features.to(head.parameters().front().scalar_type()), dropout_);
}

void MultiTaskNetImpl::SeedDropout(std::uint64_t seed) {
  dropout_.Seed(seed);
  if (SeededDropout* own = backbone_->dropout()) own->Seed(StreamSeed(seed, {"backbone"}));
}

void MultiTaskNetImpl::EnterTraining(bool freeze_normalisation,
                                     std::span<const std::string> frozen) {
  train();
  if (!freeze_normalisation && frozen.empty()) return;
  for (const auto& entry : named_modules("", /*include_self=*/false)) {
    const bool stays =
        freeze_normalisation || std::ranges::any_of(frozen, [&](const std::string& name) {
          return IsBelow(entry.key(), name);
        });
    if (stays && entry.value()->named_buffers(/*recurse=*/false).contains("running_mean")) {
      entry.value()->eval();
    }
  }
}

void Initialise(MultiTaskNet& net, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  for (auto& entry : net->named_parameters()) {
    const std::string& name = entry.key();
    const at::Generator generator = MakeGenerator(StreamSeed(seed, {name}));
    torch::Tensor value = torch::empty(entry.value().sizes(), torch::kFloat32);
    if (name.starts_with(kBackbonePrefix)) {
      net->backbone().InitialiseParameter(std::string_view(name).substr(kBackbonePrefix.size()),
                                          value, generator);
    } else {
      InitialiseHeadParameter(value, generator);
    }
    entry.value().copy_(value);
  }
  for (auto& entry : net->named_buffers()) ResetBuffer(entry.key(), entry.value());
}

Result<MultiTaskNet> MakeNet(const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(const BackboneInfo* info, FindBackbone(plan.backbone));
  for (const TaskSpec& task : plan.tasks) CONSILIUM_RETURN_IF_ERROR(CheckNames(task));
  return GuardTorch("making the network", [&] {
    MultiTaskNet net(info->make(), plan.tasks, plan.training.dropout,
                     InputStatistics{info->mean, info->standard_deviation});
    Initialise(net, StreamSeed(plan.seed, {"init"}));
    return net;
  });
}

}  // namespace consilium
