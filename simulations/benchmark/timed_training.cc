#include "simulations/benchmark/timed_training.h"

#include "common/nn/compute.h"

namespace consilium {
namespace {

constexpr std::uint64_t kEpochSeed = 1;

/// Every image once per step.
Indices EachImage(int times, std::size_t images) {
  Indices indices;
  indices.reserve(static_cast<std::size_t>(times) * images);
  for (std::size_t image = 0; image < images; ++image) {
    indices.insert(indices.end(), times, static_cast<std::int64_t>(image));
  }
  return indices;
}

}  // namespace

TimedTraining::TimedTraining(const MultiTaskNet& net, const Dataset& dataset,
                             const Options& options)
    : device_(options.compute.device),
      learning_rate_(options.plan.training.learning_rate),
      trainer_(net, dataset, EachImage(options.steps, dataset.samples.size()),
               TrainerOptions(options)) {}

Trainer::Options TimedTraining::TrainerOptions(const Options& options) {
  Trainer::Options chosen;
  chosen.training = options.plan.training;
  chosen.make_replica = [plan = options.plan] { return MakeNet(plan); };
  chosen.compute = options.compute;
  chosen.exact_times = true;
  chosen.interrupt = &*interrupt_;
  chosen.on_step = [this](std::int64_t, std::int64_t) { StepEnded(); };
  return chosen;
}

void TimedTraining::StepEnded() {
  WaitForDevice(device_);
  const Clock::time_point now = Clock::now();
  seconds_.push_back(std::chrono::duration<double>(now - last_end_).count());
  last_end_ = now;
  const bool enough = steps_until_interrupt_ > 0 && --steps_until_interrupt_ == 0;
  if (enough || ProcessInterrupt().Requested()) interrupt_->Request();
}

Result<EpochResult> TimedTraining::Run() {
  interrupt_.emplace();
  seconds_.clear();
  last_end_ = Clock::now();
  return trainer_.RunEpoch(learning_rate_, kEpochSeed);
}

Status TimedTraining::WarmUp(int steps) {
  steps_until_interrupt_ = steps;
  while (steps_until_interrupt_ > 0) {
    const Status ended = Run().status();
    const bool by_itself = steps_until_interrupt_ == 0 && !ProcessInterrupt().Requested();
    if (ended.code() == StatusCode::kCancelled && by_itself) break;
    CONSILIUM_RETURN_IF_ERROR(ended);
  }
  return OkStatus();
}

Result<TimedTraining::Figures> TimedTraining::RunEpoch() {
  CONSILIUM_ASSIGN_OR_RETURN(const EpochResult epoch, Run());
  return Figures{seconds_, epoch.times};
}

}  // namespace consilium
