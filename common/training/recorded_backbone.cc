#include "common/training/recorded_backbone.h"

#include "common/nn/autocast.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/utils.h>

#include <utility>

namespace consilium {

std::unique_ptr<RecordedBackbone> RecordedBackbone::Create(MultiTaskNet& net,
                                                           const torch::Tensor& like,
                                                           std::optional<torch::ScalarType> shorter,
                                                           std::unique_ptr<WorkRecorder> recorder) {
  if (net->backbone().dropout() != nullptr) return nullptr;
  std::unique_ptr<RecordedBackbone> recorded(
      new RecordedBackbone(net, like, shorter, std::move(recorder)));
  recorded->Record();
  return recorded;
}

RecordedBackbone::RecordedBackbone(MultiTaskNet& net, const torch::Tensor& like,
                                   std::optional<torch::ScalarType> shorter,
                                   std::unique_ptr<WorkRecorder> recorder)
    : net_(net),
      shorter_(shorter),
      recorder_(std::move(recorder)),
      images_(torch::zeros_like(like)) {
  for (const torch::Tensor& parameter : net_->backbone().parameters()) {
    if (parameter.requires_grad()) trained_.push_back(parameter);
  }
}

void RecordedBackbone::ComputeFeatures() {
  std::optional<AutocastGuard> shorter;
  if (shorter_) shorter.emplace(images_.device().type(), *shorter_);
  features_ = net_->backbone().forward(images_);
}

void RecordedBackbone::ComputeGradients() {
  gradients_ = torch::autograd::grad({features_}, trained_, {incoming_}, /*retain_graph=*/false,
                                     /*create_graph=*/false, /*allow_unused=*/true);
}

void RecordedBackbone::Record() {
  std::vector<torch::Tensor> statistics;
  for (const torch::Tensor& buffer : net_->backbone().buffers()) {
    statistics.push_back(buffer.clone());
  }
  const bool trains = !trained_.empty();
  recorder_->WarmUp([&] {
    ComputeFeatures();
    incoming_ = torch::zeros_like(features_);
    if (trains) ComputeGradients();
  });
  forward_ = recorder_->Record([this] { ComputeFeatures(); });
  if (trains) backward_ = recorder_->Record([this] { ComputeGradients(); });
  const torch::NoGradGuard no_gradient;
  const std::vector<torch::Tensor> buffers = net_->backbone().buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) torch::Tensor(buffers[i]).copy_(statistics[i]);
}

bool RecordedBackbone::Fits(const torch::Tensor& images) const {
  return images.sizes() == images_.sizes() && images.scalar_type() == images_.scalar_type() &&
         images.device() == images_.device();
}

torch::Tensor RecordedBackbone::Forward(const torch::Tensor& images) {
  {
    const torch::NoGradGuard no_gradient;
    images_.copy_(images);
  }
  forward_->Replay();
  return features_.detach().requires_grad_(backward_ != nullptr);
}

void RecordedBackbone::Backward(const torch::Tensor& gradient) {
  if (backward_ == nullptr || !gradient.defined()) return;
  {
    const torch::NoGradGuard no_gradient;
    incoming_.copy_(gradient);
  }
  backward_->Replay();
  for (std::size_t i = 0; i < trained_.size(); ++i) trained_[i].mutable_grad() = gradients_[i];
}

}  // namespace consilium
