#include "common/data/batch.h"

#include "common/data/augment.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

namespace consilium {
namespace {

/// float32 [B, S, S] on the CPU. Augmentations are drawn beforehand, in order, so the threads that
/// apply them change no bit.
torch::Tensor GatherImages(const Dataset& dataset, std::span<const std::int64_t> indices,
                           const std::vector<Augmentation>& augmentations) {
  if (augmentations.empty()) {
    return dataset.images.index_select(
        0, torch::tensor(at::ArrayRef<std::int64_t>(indices.data(), indices.size())));
  }
  const std::int64_t size = dataset.images.size(1);
  const auto pixels = static_cast<std::size_t>(size * size);
  const auto count = static_cast<std::int64_t>(indices.size());
  torch::Tensor images = torch::empty({count, size, size});
  const auto* source = dataset.images.data_ptr<float>();
  auto* target = images.data_ptr<float>();
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      ApplyAugmentation(augmentations[i], size, {source + indices[i] * size * size, pixels},
                        {target + i * size * size, pixels});
    }
  });
  return images;
}

torch::Tensor PerChannel(const std::array<float, 3>& values) {
  return torch::tensor(at::ArrayRef<float>(values)).view({1, 3, 1, 1});
}

torch::Tensor Normalised(const torch::Tensor& images, const InputStatistics& input,
                         torch::Device device, torch::ScalarType dtype) {
  const torch::Tensor mean = PerChannel(input.mean);
  const torch::Tensor deviation = PerChannel(input.standard_deviation);
  return ((images.to(device).unsqueeze(1) - mean.to(device)) / deviation.to(device)).to(dtype);
}

TaskTargets TargetsOf(const Dataset& dataset, std::span<const std::int64_t> indices,
                      const std::vector<Augmentation>& augmentations, std::size_t task,
                      torch::Device device) {
  const TaskSpec& spec = dataset.tasks[task];
  const auto count = static_cast<std::int64_t>(indices.size());
  const auto width = static_cast<std::int64_t>(LabelWidth(spec));
  TaskTargets targets{torch::zeros({count, width}, torch::kInt64),
                      torch::zeros({count}, torch::kBool)};
  auto* values = targets.values.data_ptr<std::int64_t>();
  auto* present = targets.present.data_ptr<bool>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::vector<int>& label = dataset.samples[indices[i]].labels[task];
    if (label.empty()) continue;
    present[i] = true;
    const bool swap =
        spec.kind != TaskKind::kClasses && !augmentations.empty() && augmentations[i].flip;
    for (std::int64_t v = 0; v < width; ++v) {
      values[i * width + v] = label[swap ? spec.flip[v] : v];
    }
  }
  return {targets.values.to(device), targets.present.to(device)};
}

}  // namespace

Batch MakeBatch(const Dataset& dataset, std::span<const std::int64_t> indices,
                RandomStream* augment, torch::Device device, torch::ScalarType dtype,
                const InputStatistics& input) {
  std::vector<Augmentation> augmentations;
  if (augment != nullptr) {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      augmentations.push_back(DrawAugmentation(*augment));
    }
  }
  Batch batch;
  batch.images = Normalised(GatherImages(dataset, indices, augmentations), input, device, dtype);
  for (std::size_t task = 0; task < dataset.tasks.size(); ++task) {
    batch.targets.push_back(TargetsOf(dataset, indices, augmentations, task, device));
  }
  return batch;
}

}  // namespace consilium
