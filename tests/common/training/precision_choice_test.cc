#include "common/training/precision_choice.h"

#include "common/nn/compute.h"
#include "common/storage/file_io.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace consilium {
namespace {

StepMeasurement Taking(std::map<Precision, double> seconds) {
  return [seconds = std::move(seconds)](Precision precision) -> Result<double> {
    const auto found = seconds.find(precision);
    if (found == seconds.end()) return Internal("not here");
    return found->second;
  };
}

TEST(PrecisionChoiceTest, TakesTheShortTypeThatIsClearlyFaster) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const PrecisionChoice choice,
      ChooseFastest(
          {Precision::kBf16, Precision::kFp16},
          Taking({{Precision::kFp32, 1}, {Precision::kBf16, 0.5}, {Precision::kFp16, 0.6}})));
  EXPECT_EQ(choice.precision, Precision::kBf16);
  EXPECT_EQ(choice.reason, "2.0 times as fast as fp32, measured");
}

TEST(PrecisionChoiceTest, StaysWithFloat32WhereTheGainIsSmall) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const PrecisionChoice choice,
      ChooseFastest({Precision::kBf16}, Taking({{Precision::kFp32, 1}, {Precision::kBf16, 0.95}})));
  EXPECT_EQ(choice.precision, Precision::kFp32);
}

TEST(PrecisionChoiceTest, ATypeThatFailsIsNone) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const PrecisionChoice choice,
      ChooseFastest({Precision::kBf16}, Taking({{Precision::kFp32, 1}})));
  EXPECT_EQ(choice.precision, Precision::kFp32);
}

TEST(PrecisionChoiceTest, NothingIsMeasuredWithoutInstructionsForIt) {
  const auto fail = [](Precision) -> Result<double> {
    ADD_FAILURE();
    return 1.0;
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PrecisionChoice choice, ChooseFastest({}, fail));
  EXPECT_EQ(choice.precision, Precision::kFp32);
}

TEST(PrecisionChoiceTest, ReadsTheProcessorsFlags) {
  EXPECT_TRUE(MultipliesBfloat16("model name\t: X\nflags\t\t: fpu avx512_bf16 clzero\nbugs\t:\n"));
  EXPECT_TRUE(MultipliesBfloat16("flags\t\t: fpu amx_bf16"));
  EXPECT_FALSE(MultipliesBfloat16("flags\t\t: fpu avx2 avx512f\n"));
  EXPECT_FALSE(MultipliesBfloat16(""));
}

RunPlan SmallPlan() {
  RunPlan plan;
  plan.tasks = {PrognosisTask()};
  plan.backbone = "squeezenet1_1";
  plan.image_size = 64;
  plan.training.batch_size = 2;
  return plan;
}

TEST(PrecisionChoiceTest, WhatWasAskedForIsNotMeasured) {
  ComputeOptions compute;
  compute.precision = Precision::kBf16;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PrecisionChoice choice,
                                 ResolvePrecision(SmallPlan(), compute, ""));
  EXPECT_EQ(choice.precision, Precision::kBf16);
  EXPECT_EQ(choice.reason, "as asked for");
}

TEST(PrecisionChoiceTest, Float16OnAProcessorIsRefused) {
  ComputeOptions compute;
  compute.precision = Precision::kFp16;
  EXPECT_EQ(ResolvePrecision(SmallPlan(), compute, "").status().code(),
            StatusCode::kInvalidArgument);
}

TEST(PrecisionChoiceTest, TheSecondRunRemembersWhatTheFirstMeasured) {
  const TempFolder folder;
  const std::string cache = folder.path() + "/deeper/precision.json";
  ComputeOptions compute;
  compute.precision = Precision::kAuto;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PrecisionChoice first,
                                 ResolvePrecision(SmallPlan(), compute, cache));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes kept, ReadFile(cache, 1 << 20));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PrecisionChoice second,
                                 ResolvePrecision(SmallPlan(), compute, cache));
  EXPECT_EQ(second.precision, first.precision);
  EXPECT_EQ(second.reason, first.reason);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes after, ReadFile(cache, 1 << 20));
  EXPECT_EQ(after, kept);
}

TEST(PrecisionChoiceTest, ACacheOfRubbishIsAsGoodAsNone) {
  const TempFolder folder;
  const std::string cache = folder.path() + "/precision.json";
  for (const std::string_view text : {"", "{", "[1]", "{\"a\": 3}"}) {
    ASSERT_OK(WriteFileAtomically(cache, AsBytes(text)));
    ComputeOptions compute;
    compute.precision = Precision::kAuto;
    EXPECT_OK(ResolvePrecision(SmallPlan(), compute, cache));
  }
}

}  // namespace
}  // namespace consilium
