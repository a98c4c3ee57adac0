#include "common/data/batch.h"

#include "common/base/check.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <torch/types.h>

#include <array>

namespace consilium {
namespace {

/// One grey image into a row of [B, 3, S, S], by its strides.
template <typename T>
void WriteImage(std::span<const float> grey, const InputStatistics& input,
                std::int64_t channel_stride, std::int64_t pixel_stride, T* target) {
  const std::array<float, 3> mean = input.mean;
  const std::array<float, 3> deviation = input.standard_deviation;
  for (std::size_t channel = 0; channel < mean.size(); ++channel) {
    T* out = target + static_cast<std::int64_t>(channel) * channel_stride;
    for (const float value : grey) {
      *out = static_cast<T>((value - mean[channel]) / deviation[channel]);
      out += pixel_stride;
    }
  }
}

template <typename T>
void WriteImages(const Dataset& dataset, std::span<const std::int64_t> indices,
                 std::span<const Augmentation> augmentations, const InputStatistics& input,
                 const torch::Tensor& images) {
  const std::int64_t size = images.size(2);
  const auto pixels = static_cast<std::size_t>(size * size);
  const auto* source = dataset.images.data_ptr<float>();
  std::vector<float> augmented(augmentations.empty() ? 0 : pixels);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    std::span<const float> grey{source + indices[i] * size * size, pixels};
    if (!augmentations.empty()) {
      ApplyAugmentation(augmentations[i], size, grey, augmented);
      grey = augmented;
    }
    WriteImage(grey, input, images.stride(1), images.stride(3),
               images.data_ptr<T>() + static_cast<std::int64_t>(i) * images.stride(0));
  }
}

torch::Tensor ImagesOf(const Dataset& dataset, std::span<const std::int64_t> indices,
                       std::span<const Augmentation> augmentations, const BatchFormat& format) {
  const std::int64_t size = dataset.images.size(1);
  const auto count = static_cast<std::int64_t>(indices.size());
  torch::Tensor images = torch::empty({count, 3, size, size}, format.type, format.layout);
  switch (format.type) {
    case torch::kFloat64:
      WriteImages<double>(dataset, indices, augmentations, format.input, images);
      break;
    case torch::kBFloat16:
      WriteImages<c10::BFloat16>(dataset, indices, augmentations, format.input, images);
      break;
    case torch::kFloat16:
      WriteImages<c10::Half>(dataset, indices, augmentations, format.input, images);
      break;
    default:
      WriteImages<float>(dataset, indices, augmentations, format.input, images);
  }
  return images;
}

TaskTargets TargetsOf(const Dataset& dataset, std::span<const std::int64_t> indices,
                      std::span<const Augmentation> augmentations, std::size_t task) {
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
  return targets;
}

}  // namespace

Batch MakeBatch(const Dataset& dataset, std::span<const std::int64_t> indices,
                std::span<const Augmentation> augmentations, const BatchFormat& format) {
  CONSILIUM_CHECK(augmentations.empty() || augmentations.size() == indices.size());
  Batch batch;
  batch.images = ImagesOf(dataset, indices, augmentations, format);
  batch.targets.reserve(dataset.tasks.size());
  for (std::size_t task = 0; task < dataset.tasks.size(); ++task) {
    batch.targets.push_back(TargetsOf(dataset, indices, augmentations, task));
  }
  return batch;
}

Batch OnDevice(Batch batch, torch::Device device) {
  if (device.is_cpu()) return batch;
  // Without waiting where the source is pinned.
  batch.images = batch.images.to(device, batch.images.scalar_type(), /*non_blocking=*/true);
  for (TaskTargets& targets : batch.targets) {
    targets.values = targets.values.to(device);
    targets.present = targets.present.to(device);
  }
  return batch;
}

}  // namespace consilium
