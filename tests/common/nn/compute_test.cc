#include "common/nn/compute.h"

#include "tests/support/status_matchers.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <thread>

namespace consilium {
namespace {

TEST(ParseDeviceTest, KnowsTheCpu) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const c10::Device device, ParseDevice("cpu"));
  EXPECT_EQ(device, c10::Device(c10::kCPU));
}

TEST(ParseDeviceTest, RefusesOtherTexts) {
  for (const char* text : {"", "gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:0 ", "CPU",
                           "cuda:99999999999999999999"}) {
    EXPECT_STATUS(ParseDevice(text), StatusCode::kInvalidArgument, "expected cpu or cuda:N");
  }
}

TEST(ParseDeviceTest, GpusAreThereUpToTheirCount) {
  const auto gpus = torch::cuda::device_count();
  for (std::size_t i = 0; i < gpus; ++i) {
    EXPECT_OK(ParseDevice("cuda:" + std::to_string(i)));
  }
  EXPECT_STATUS(ParseDevice("cuda:" + std::to_string(gpus)), StatusCode::kInvalidArgument,
                "is not here");
}

TEST(ComputeThreadsTest, HoldInTheThreadThatSetsThem) {
  int seen = 0;
  std::thread worker([&seen] {
    SetComputeThreads(2);
    seen = at::get_num_threads();
  });
  worker.join();
  EXPECT_EQ(seen, 2);
  SetComputeThreads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(BuildDescriptionTest, NamesLibTorchAndTheInstructionSet) {
  EXPECT_THAT(BuildDescription(), testing::MatchesRegex("LibTorch [0-9.]+.*, [^\n]+"));
  EXPECT_THAT(BuildDescription(), testing::Not(testing::HasSubstr("unknown")));
}

}  // namespace
}  // namespace consilium
