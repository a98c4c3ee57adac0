#include "common/nn/task_head.h"

#include <torch/nn/modules/linear.h>

#include <vector>

namespace consilium {
namespace {

using torch::nn::Linear;

class PerceptronHead : public TaskHead {
 public:
  PerceptronHead(std::int64_t in, std::int64_t out)
      : first_(register_module("0", Linear(in, 128))),
        second_(register_module("3", Linear(128, 32))),
        third_(register_module("6", Linear(32, out))) {}

  torch::Tensor forward(const torch::Tensor& features, const SeededDropout& dropout) override {
    torch::Tensor x = dropout(torch::relu(first_(features)), is_training());
    x = dropout(torch::relu(second_(x)), is_training());
    return third_(x);
  }

 private:
  Linear first_;
  Linear second_;
  Linear third_;
};

class LinearHead : public TaskHead {
 public:
  LinearHead(std::int64_t in, std::int64_t out) : linear_(register_module("1", Linear(in, out))) {}

  torch::Tensor forward(const torch::Tensor& features, const SeededDropout& dropout) override {
    return linear_(dropout(features, is_training()));
  }

 private:
  Linear linear_;
};

class ZoneGroupsHead : public TaskHead {
 public:
  ZoneGroupsHead(std::int64_t in, const std::vector<ZoneGroup>& groups) {
    for (const ZoneGroup& group : groups) {
      const auto classes = static_cast<std::int64_t>(group.thresholds.size()) + 1;
      linears_.push_back(register_module(group.name, Linear(in, classes)));
    }
  }

  torch::Tensor forward(const torch::Tensor& features, const SeededDropout& dropout) override {
    const torch::Tensor active = torch::relu(features);
    std::vector<torch::Tensor> outputs;
    outputs.reserve(linears_.size());
    for (Linear& linear : linears_) outputs.push_back(linear(dropout(active, is_training())));
    return torch::cat(outputs, 1);
  }

 private:
  std::vector<Linear> linears_;
};

}  // namespace

std::shared_ptr<TaskHead> MakeTaskHead(const TaskSpec& task, std::int64_t feature_width,
                                       bool only_task) {
  if (task.kind == TaskKind::kZoneGroups) {
    return std::make_shared<ZoneGroupsHead>(feature_width, task.groups);
  }
  if (only_task) return std::make_shared<LinearHead>(feature_width, OutputWidth(task));
  return std::make_shared<PerceptronHead>(feature_width, OutputWidth(task));
}

}  // namespace consilium
