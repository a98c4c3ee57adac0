/// The backbone's part of a training step, forward and backward, recorded for one shape of batch and
/// repeated from then on (cuda/recorded_work.h). Heads and loss stay as they are: they gather the
/// rows that have a label, as many as a batch happens to have.
///
///   features = recorded.Forward(images);    // a leaf that wants a gradient
///   ... heads, loss, backward ...
///   recorded.Backward(features.grad());     // gradients at the backbone's parameters
///
/// Result     what the operators compute without it.
/// Parameters stay where they are in memory while this lives; an optimiser steps them in place.
/// Gradients  are the recording's own memory: read before the next Backward.
/// Statistics running ones are updated by each Forward; recording itself leaves them alone.
/// Errors     c10::Error: callers are under GuardTorch. Threads: the network's.
#pragma once

#include "common/nn/multi_task_net.h"
#include "common/training/cuda/recorded_work.h"

#include <torch/types.h>

#include <memory>
#include <optional>
#include <vector>

namespace consilium {

class RecordedBackbone {
 public:
  /// `net` is in the mode that is to be recorded; images are as `like`. `shorter`: the type of mixed
  /// precision, none where the network computes in its own. Null where the backbone draws at random
  /// (its own dropout).
  static std::unique_ptr<RecordedBackbone> Create(MultiTaskNet& net, const torch::Tensor& like,
                                                  std::optional<torch::ScalarType> shorter,
                                                  std::unique_ptr<WorkRecorder> recorder);
  RecordedBackbone(const RecordedBackbone&) = delete;
  RecordedBackbone& operator=(const RecordedBackbone&) = delete;

  /// Whether these images are of the recorded shape.
  bool Fits(const torch::Tensor& images) const;
  torch::Tensor Forward(const torch::Tensor& images);
  /// Of the Forward before; an undefined gradient leaves the parameters without.
  void Backward(const torch::Tensor& gradient);

 private:
  RecordedBackbone(MultiTaskNet& net, const torch::Tensor& like,
                   std::optional<torch::ScalarType> shorter,
                   std::unique_ptr<WorkRecorder> recorder);
  void ComputeFeatures();
  void ComputeGradients();
  void Record();

  MultiTaskNet net_;
  std::optional<torch::ScalarType> shorter_;
  std::unique_ptr<WorkRecorder> recorder_;
  std::vector<torch::Tensor> trained_;  // the backbone's parameters that want gradients
  // What recorded work reads and makes.
  torch::Tensor images_;
  torch::Tensor features_;
  torch::Tensor incoming_;  // the features' gradient
  std::vector<torch::Tensor> gradients_;
  std::unique_ptr<RecordedWork> forward_;
  std::unique_ptr<RecordedWork> backward_;  // null where nothing of the backbone is trained
};

}  // namespace consilium
