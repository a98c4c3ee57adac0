#include "common/training/batch_feeder.h"

#include "common/base/check.h"
#include "common/nn/torch_guard.h"
#include "common/training/stopwatch.h"

#include <algorithm>
#include <utility>

namespace consilium {

BatchFeeder::BatchFeeder(const Dataset& dataset, std::vector<std::span<const std::int64_t>> batches,
                         std::vector<Augmentation> augmentations, Options options)
    : dataset_(dataset),
      batches_(std::move(batches)),
      augmentations_(std::move(augmentations)),
      options_(options),
      workers_(std::min(static_cast<std::size_t>(std::max(options_.workers, 1)), batches_.size())),
      made_(batches_.size()) {
  first_augmentation_.reserve(batches_.size());
  std::size_t images = 0;
  for (const auto& batch : batches_) {
    first_augmentation_.push_back(images);
    images += batch.size();
  }
  CONSILIUM_CHECK(augmentations_.empty() || augmentations_.size() == images);
  threads_.reserve(workers_);
  for (std::size_t i = 0; i < workers_; ++i) threads_.emplace_back([this] { Work(); });
}

BatchFeeder::~BatchFeeder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

Result<DeviceCopy> BatchFeeder::Make(std::size_t index) const {
  return GuardTorch("assembling a batch", [&] {
    const auto images = batches_[index];
    std::span<const Augmentation> augmentations;
    if (!augmentations_.empty()) {
      augmentations = std::span(augmentations_).subspan(first_augmentation_[index], images.size());
    }
    return DeviceCopy(MakeBatch(dataset_, images, augmentations, options_.format), options_.device);
  });
}

void BatchFeeder::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] {
      return stopping_ || next_to_make_ == batches_.size() ||
             next_to_make_ <= next_to_take_ + workers_;
    });
    if (stopping_ || next_to_make_ == batches_.size()) return;
    const std::size_t index = next_to_make_++;
    lock.unlock();
    const Stopwatch watch;
    Result<DeviceCopy> batch = Make(index);
    const double seconds = watch.seconds();
    lock.lock();
    made_[index] = Made{std::move(batch), seconds};
    changed_.notify_all();
  }
}

Result<Batch> BatchFeeder::Next() {
  const Stopwatch watch;
  std::unique_lock lock(mutex_);
  CONSILIUM_CHECK(next_to_take_ < batches_.size());
  std::optional<Made>& slot = made_[next_to_take_];
  changed_.wait(lock, [&] { return slot.has_value(); });
  Made made = *std::exchange(slot, std::nullopt);
  ++next_to_take_;
  lock.unlock();
  changed_.notify_all();
  seconds_waited_ += watch.seconds();
  seconds_assembling_ += made.seconds;
  CONSILIUM_ASSIGN_OR_RETURN(DeviceCopy copy, std::move(made.batch));
  return GuardTorch("moving a batch to the device", [&] { return std::move(copy).Take(); });
}

}  // namespace consilium
