/// Assembles the batches of an epoch in threads of its own, ahead of the step that trains on them.
///
///   BatchFeeder feeder(dataset, batches, augmentations, options);
///   CONSILIUM_ASSIGN_OR_RETURN(const Batch batch, feeder.Next());  // once per batch
///
/// Order, bits: batches come in their order whatever the number of threads; random numbers were
/// drawn before (augmentations), so the threads change no bit.
/// Memory: at most `workers` + 1 batches that were not taken yet.
/// GPUs: a batch is copied by the thread that made it, from pinned memory and in a stream of its own,
/// while the step before still computes; the stream of Next's caller waits for it, the caller does not.
/// Threads: Next from one thread. The destructor ends the threads, also in the middle of an epoch.
#pragma once

#include "common/base/result.h"
#include "common/data/batch.h"
#include "common/data/dataset.h"
#include "common/training/device_copy.h"

#include <torch/types.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace consilium {

class BatchFeeder {
 public:
  struct Options {
    int workers = 1;
    torch::Device device{torch::kCPU};  ///< where Next delivers
    BatchFormat format;
  };

  /// batches: images of each batch; augmentations: one per image in their order, or none at all.
  /// `dataset` and what `batches` points to must outlive the feeder.
  BatchFeeder(const Dataset& dataset, std::vector<std::span<const std::int64_t>> batches,
              std::vector<Augmentation> augmentations, Options options);
  ~BatchFeeder();
  BatchFeeder(const BatchFeeder&) = delete;
  BatchFeeder& operator=(const BatchFeeder&) = delete;

  /// The next batch. Requires that one is left. Errors: those of LibTorch (kResourceExhausted).
  Result<Batch> Next();

  double seconds_waited() const { return seconds_waited_; }
  /// Of all threads together, for the batches taken so far.
  double seconds_assembling() const { return seconds_assembling_; }

 private:
  struct Made {
    Result<DeviceCopy> batch;
    double seconds;
  };
  void Work();
  Result<DeviceCopy> Make(std::size_t index) const;

  const Dataset& dataset_;
  const std::vector<std::span<const std::int64_t>> batches_;
  std::vector<std::size_t> first_augmentation_;  // of each batch
  const std::vector<Augmentation> augmentations_;
  const Options options_;
  const std::size_t workers_;
  double seconds_waited_ = 0;
  double seconds_assembling_ = 0;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::optional<Made>> made_;  // per batch, until taken
  std::size_t next_to_make_ = 0;
  std::size_t next_to_take_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace consilium
