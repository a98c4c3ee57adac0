#include "simulations/benchmark/train_benchmark.h"

#include "simulations/benchmark/figures_text.h"
#include "simulations/benchmark/matrix_product.h"
#include "simulations/benchmark/peak_memory.h"
#include "tests/support/status_matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace consilium {
namespace {

using ::testing::HasSubstr;

TrainBenchmarkOptions Small() {
  return {.backbone = "mobilenet_v2", .image_size = 64, .batch = 2, .steps = 3, .warm_up = 1};
}

class TrainBenchmarkTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Result<TrainFigures> measured = TrainBenchmark(Small());
    ASSERT_OK(measured);
    figures = *measured;
  }
  static TrainFigures figures;
};
TrainFigures TrainBenchmarkTest::figures;

TEST_F(TrainBenchmarkTest, MedianLiesBetweenSlowestAndFastestStep) {
  EXPECT_GT(figures.images_per_second_min, 0);
  EXPECT_LE(figures.images_per_second_min, figures.images_per_second);
  EXPECT_LE(figures.images_per_second, figures.images_per_second_max);
}

TEST_F(TrainBenchmarkTest, PartsOfAStepAddUpToIt) {
  const StepTimes& times = figures.times;
  EXPECT_NEAR(
      times.waiting + times.forward + times.loss + times.backward + times.optimizer + figures.other,
      figures.seconds_per_step, 1e-3 * figures.seconds_per_step);
}

TEST_F(TrainBenchmarkTest, AnImageTakesSixOperationsPerMultiplyAdd) {
  EXPECT_GT(figures.multiply_adds, 20e6);
  EXPECT_NEAR(figures.flops / (6 * figures.multiply_adds * figures.images_per_second), 1, 1e-9);
}

TEST_F(TrainBenchmarkTest, JsonHoldsEveryFigure) {
  const auto json = nlohmann::json::parse(FormatJson(figures));
  for (const char* key :
       {"images_per_second", "images_per_second_min", "images_per_second_max", "step_seconds",
        "gmac_per_image", "gflops", "gemm_peak_gflops", "gemm_share", "peak_rss_mib"}) {
    ASSERT_TRUE(json.contains(key)) << key;
    EXPECT_GT(json[key], 0) << key;
  }
  EXPECT_EQ(json["backbone"], "mobilenet_v2");
  EXPECT_EQ(json["precision"], "fp32");
  EXPECT_EQ(json["device"], "cpu");
}

TEST_F(TrainBenchmarkTest, TableNamesThePartsOfAStep) {
  const std::string text = DrawFigures(figures);
  EXPECT_THAT(text, HasSubstr("mobilenet_v2, 64 x 64 pixels, batch 2, fp32, 1 thread, cpu"));
  EXPECT_THAT(text, HasSubstr("images per second"));
  EXPECT_THAT(text, HasSubstr("backward"));
}

TEST(TrainBenchmarkOptionsTest, WrongOptionsAreNamed) {
  const auto refused = [](auto change) {
    TrainBenchmarkOptions options = Small();
    change(options);
    const Result<TrainFigures> figures = TrainBenchmark(options);
    EXPECT_EQ(figures.status().code(), StatusCode::kInvalidArgument);
    return figures.status().message();
  };
  EXPECT_THAT(refused([](auto& options) { options.image_size = 8; }), HasSubstr("image-size: 8"));
  EXPECT_THAT(refused([](auto& options) { options.batch = 0; }), HasSubstr("batch: 0"));
  EXPECT_THAT(refused([](auto& options) { options.steps = -1; }), HasSubstr("steps: -1"));
  EXPECT_THAT(refused([](auto& options) { options.compute.threads = 0; }), HasSubstr("threads: 0"));
  EXPECT_THAT(refused([](auto& options) { options.backbone = "resnet"; }),
              HasSubstr("backbone 'resnet'"));
  EXPECT_THAT(refused([](auto& options) { options.compute.precision = Precision::kFp16; }),
              HasSubstr("fp16"));
}

TEST(MatrixProductTest, RateIsPositiveInEveryTypeOfTheProcessor) {
  for (const c10::ScalarType type : {c10::ScalarType::Float, c10::ScalarType::BFloat16}) {
    const Result<double> rate = MatrixProductRate(c10::kCPU, type, 64);
    ASSERT_OK(rate);
    EXPECT_GT(*rate, 0);
  }
}

TEST(PeakMemoryTest, GrowsWithWhatIsHeld) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  const double before = PeakMemoryMib();
  // More than the peak so far by far, and written, since pages that are not are not held.
  const std::vector<char> held((static_cast<std::size_t>(before) + 64) * mib, 'x');
  EXPECT_GT(PeakMemoryMib(), before + 32);
  EXPECT_EQ(held.back(), 'x');
}

}  // namespace
}  // namespace consilium
