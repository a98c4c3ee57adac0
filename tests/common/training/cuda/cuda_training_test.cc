// Runs on real GPUs alone: built where LibTorch has CUDA, labelled gpu (scripts/gpu-bench.sh).
#include "common/nn/backbone.h"
#include "common/nn/state.h"
#include "common/training/cuda/device_exchange.h"
#include "common/training/trainer.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <memory>
#include <vector>

namespace consilium {
namespace {

std::vector<torch::Device> AllGpus() {
  std::vector<torch::Device> devices;
  const auto count = static_cast<c10::DeviceIndex>(torch::cuda::device_count());
  for (c10::DeviceIndex i = 0; i < count; ++i) devices.emplace_back(torch::kCUDA, i);
  return devices;
}

torch::Tensor TrainOnGpu(bool recorded, Precision precision) {
  at::globalContext().setDeterministicCuDNN(true);
  const Dataset data = MakeTinyData(std::vector<Holding>(10, Holding::kBoth));
  MultiTaskNet net = MakeTinyNet(data.tasks);
  Trainer::Options options;
  options.training.batch_size = 4;
  options.compute.device = torch::Device(torch::kCUDA, 0);
  options.compute.precision = precision;
  options.compute.cuda_graphs = recorded;
  Trainer trainer(net, data, AllIndices(data), std::move(options));
  for (std::uint64_t epoch = 1; epoch <= 3; ++epoch) {
    const auto result = trainer.RunEpoch(1e-3, epoch);
    EXPECT_TRUE(result.ok()) << result.status();
  }
  net->to(torch::kCPU);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& parameter : net->parameters()) {
    parts.push_back(parameter.detach().flatten());
  }
  return torch::cat(parts);
}

TEST(CudaTrainingTest, GraphsTakeTheStepsOfOperatorsAskedForOneByOne) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16, Precision::kFp16}) {
    const torch::Tensor plain = TrainOnGpu(false, precision);
    const torch::Tensor recorded = TrainOnGpu(true, precision);
    EXPECT_LT((plain - recorded).abs().max().item<double>(), 1e-4) << ToString(precision);
  }
}

TEST(CudaTrainingTest, AnExchangeSumsOnTheFirstGpuAndSendsToAll) {
  const std::vector<torch::Device> gpus = AllGpus();
  ASSERT_FALSE(gpus.empty()) << "no GPU here";
  std::vector<std::unique_ptr<DeviceExchange>> exchanges;
  exchanges.push_back(MakeCopyingExchange());
  if (auto nccl = MakeNcclExchange(gpus)) exchanges.push_back(std::move(nccl));
  for (const auto& exchange : exchanges) {
    DeviceCopies values;
    for (std::size_t d = 0; d < gpus.size(); ++d) {
      values.push_back(torch::full({2, 3, 4, 5}, static_cast<double>(d + 1), gpus[d])
                           .contiguous(torch::MemoryFormat::ChannelsLast));
    }
    exchange->Sum({values});
    const double sum = static_cast<double>(gpus.size() * (gpus.size() + 1)) / 2;
    EXPECT_EQ(values.front().min().item<double>(), sum);
    exchange->Broadcast({values});
    for (const torch::Tensor& value : values) EXPECT_EQ(value.max().item<double>(), sum);
  }
}

}  // namespace
}  // namespace consilium
