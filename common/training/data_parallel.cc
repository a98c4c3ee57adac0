#include "common/training/data_parallel.h"

#include "common/base/check.h"
#include "common/base/random_stream.h"
#include "common/nn/compute.h"
#include "common/nn/torch_guard.h"
#include "common/training/cuda/device_exchange.h"
#include "common/training/memory_layout.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace consilium {
namespace {

/// One thread that runs one thing at a time.
class Helper {
 public:
  Helper() : thread_([this] { Loop(); }) {}
  ~Helper() { Put(nullptr, /*ending=*/true); }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  void Start(std::function<void()> work) { Put(std::move(work), /*ending=*/false); }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return work_ == nullptr; });
  }

 private:
  void Put(std::function<void()> work, bool ending) {
    {
      const std::lock_guard lock(mutex_);
      work_ = std::move(work);
      ending_ = ending;
    }
    changed_.notify_all();
  }

  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return work_ != nullptr || ending_; });
      if (ending_) return;
      lock.unlock();
      work_();
      lock.lock();
      work_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> work_;
  bool ending_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

Batch Share(const Batch& batch, std::int64_t begin, std::int64_t end, torch::Device device) {
  Batch share{batch.images.slice(0, begin, end), {}};
  share.targets.reserve(batch.targets.size());
  for (const TaskTargets& targets : batch.targets) {
    share.targets.push_back(
        {targets.values.slice(0, begin, end), targets.present.slice(0, begin, end)});
  }
  return OnDevice(std::move(share), device);
}

/// Types of parameters as `from` has them, without values; no gradients.
void MatchTypes(const torch::nn::Module& from, torch::nn::Module& to, torch::Device device) {
  const torch::NoGradGuard no_gradient;
  const auto source = from.parameters();
  const auto target = to.parameters();
  for (std::size_t i = 0; i < source.size(); ++i) {
    target[i].mutable_grad().reset();
    if (target[i].scalar_type() == source[i].scalar_type()) continue;
    target[i].set_data(torch::empty_like(source[i], source[i].options().device(device)));
  }
}

std::unique_ptr<DeviceExchange> MakeExchange(const std::vector<torch::Device>& devices) {
  auto nccl = MakeNcclExchange(devices);
  return nccl != nullptr ? std::move(nccl) : MakeCopyingExchange();
}

class DataParallelImpl final : public DataParallel {
 public:
  DataParallelImpl(MultiTaskNet net, std::vector<torch::Device> devices, int threads)
      : net_(std::move(net)),
        devices_(std::move(devices)),
        threads_(threads),
        exchange_(MakeExchange(devices_)) {}

  Status AddReplicas(const MakeReplica& make) {
    for (std::size_t i = 1; i < devices_.size(); ++i) {
      CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet replica, make());
      replica->to(devices_[i]);
      replica->backbone().CheckpointActivations(net_->backbone().checkpoints_activations());
      ArrangeWeights(*replica);
      replicas_.push_back(std::move(replica));
      helpers_.push_back(std::make_unique<Helper>());
    }
    return OkStatus();
  }

  Result<StepOutcome> ForwardBackward(const Batch& batch, const StepSettings& settings,
                                      double loss_scale) override {
    const auto bounds =
        ShareBounds(batch.images.size(0), static_cast<std::int64_t>(devices_.size()));
    const std::size_t shares = bounds.size() - 1;
    CONSILIUM_RETURN_IF_ERROR(GuardTorch("sending weights to the devices", [&] {
      SendState();
      return OkStatus();
    }));
    std::vector<Result<StepOutcome>> outcomes(shares, Internal("not computed"));
    for (std::size_t i = 1; i < shares; ++i) {
      helpers_[i - 1]->Start([&, i] {
        outcomes[i] = GuardTorch("a device's share of a step", [&]() -> Result<StepOutcome> {
          SetComputeThreads(threads_);
          MultiTaskNet& replica = replicas_[i - 1];
          const Batch share = Share(batch, bounds[i], bounds[i + 1], devices_[i]);
          return Compute(replica, share, batch, settings, loss_scale);
        });
      });
    }
    outcomes[0] = GuardTorch("a device's share of a step", [&]() -> Result<StepOutcome> {
      const Batch share = Share(batch, bounds[0], bounds[1], devices_[0]);
      return Compute(net_, share, batch, settings, loss_scale);
    });
    for (std::size_t i = 1; i < shares; ++i) helpers_[i - 1]->Wait();
    return Combined(std::move(outcomes));
  }

  void SeedDropout(std::uint64_t seed) override {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      replicas_[i]->SeedDropout(StreamSeed(seed, {"device", std::to_string(i + 1)}));
    }
  }

 private:
  static Result<StepOutcome> Compute(MultiTaskNet& net, const Batch& share, const Batch& batch,
                                     const StepSettings& settings, double loss_scale) {
    std::vector<TaskTargets> whole;
    whole.reserve(batch.targets.size());
    for (const TaskTargets& targets : batch.targets) {
      const torch::Device device = share.images.device();
      whole.push_back({targets.values.to(device), targets.present.to(device)});
    }
    return consilium::ForwardBackward(net, share, settings, loss_scale, &whole);
  }

  Result<StepOutcome> Combined(std::vector<Result<StepOutcome>> outcomes) {
    CONSILIUM_ASSIGN_OR_RETURN(StepOutcome sum, std::move(outcomes.front()));
    for (std::size_t i = 1; i < outcomes.size(); ++i) {
      CONSILIUM_ASSIGN_OR_RETURN(const StepOutcome part, std::move(outcomes[i]));
      sum.loss += part.loss;
      sum.images += part.images;
      for (std::size_t j = 0; j < sum.tasks.size(); ++j) {
        sum.tasks[j].n += part.tasks[j].n;
        sum.tasks[j].loss_sum += part.tasks[j].loss_sum;
      }
      sum.times.forward = std::max(sum.times.forward, part.times.forward);
      sum.times.loss = std::max(sum.times.loss, part.times.loss);
      sum.times.backward = std::max(sum.times.backward, part.times.backward);
    }
    CONSILIUM_RETURN_IF_ERROR(GuardTorch("adding up gradients", [&] {
      AddGradients();
      return OkStatus();
    }));
    return sum;
  }

  void SendState() {
    std::vector<std::vector<torch::Tensor>> of_devices = {Tensors(*net_)};
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      MatchTypes(*net_, *replicas_[i], devices_[i + 1]);
      of_devices.push_back(Tensors(*replicas_[i]));
    }
    std::vector<DeviceCopies> values(of_devices.front().size());
    for (const std::vector<torch::Tensor>& of_device : of_devices) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i].push_back(of_device[i]);
    }
    exchange_->Broadcast(values);
  }

  static std::vector<torch::Tensor> Tensors(const torch::nn::Module& net) {
    std::vector<torch::Tensor> tensors = net.parameters();
    for (const torch::Tensor& buffer : net.buffers()) tensors.push_back(buffer);
    return tensors;
  }

  void AddGradients() {
    std::vector<std::vector<torch::Tensor>> parameters = {net_->parameters()};
    for (const MultiTaskNet& replica : replicas_) parameters.push_back(replica->parameters());
    std::vector<DeviceCopies> everywhere;
    std::vector<DeviceCopies> somewhere;  // devices without the label have no gradient
    for (std::size_t p = 0; p < parameters.front().size(); ++p) {
      DeviceCopies gradients;
      for (const std::vector<torch::Tensor>& of_device : parameters) {
        if (of_device[p].grad().defined()) gradients.push_back(of_device[p].grad());
      }
      if (gradients.empty()) continue;
      torch::Tensor& sum = parameters.front()[p].mutable_grad();
      if (!sum.defined()) {
        sum = gradients.front().to(devices_.front());
        gradients.front() = sum;
      }
      (gradients.size() == devices_.size() ? everywhere : somewhere).push_back(gradients);
    }
    exchange_->Sum(everywhere);
    MakeCopyingExchange()->Sum(somewhere);
    for (MultiTaskNet& replica : replicas_) replica->zero_grad(/*set_to_none=*/true);
  }

  MultiTaskNet net_;
  std::vector<torch::Device> devices_;
  int threads_;
  std::unique_ptr<DeviceExchange> exchange_;
  std::vector<MultiTaskNet> replicas_;            // of the devices but the first
  std::vector<std::unique_ptr<Helper>> helpers_;  // theirs
};

}  // namespace

Result<std::unique_ptr<DataParallel>> DataParallel::Create(MultiTaskNet net,
                                                           std::vector<torch::Device> devices,
                                                           const MakeReplica& make, int threads) {
  CONSILIUM_CHECK(devices.size() >= 2);
  return GuardTorch(
      "copying the network to its devices", [&]() -> Result<std::unique_ptr<DataParallel>> {
        auto parallel =
            std::make_unique<DataParallelImpl>(std::move(net), std::move(devices), threads);
        CONSILIUM_RETURN_IF_ERROR(parallel->AddReplicas(make));
        return std::unique_ptr<DataParallel>(std::move(parallel));
      });
}

std::vector<std::int64_t> ShareBounds(std::int64_t rows, std::int64_t devices) {
  const std::int64_t shares = std::clamp<std::int64_t>(rows / 2, 1, devices);
  std::vector<std::int64_t> bounds;
  bounds.reserve(static_cast<std::size_t>(shares) + 1);
  for (std::int64_t i = 0; i <= shares; ++i) bounds.push_back(rows * i / shares);
  return bounds;
}

}  // namespace consilium
