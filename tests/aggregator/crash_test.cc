#include "tests/aggregator/crash_schedule.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

constexpr int kNever = 1'000'000;

class CrashTest : public ::testing::TestWithParam<PowerCut::Moment> {};

TEST_P(CrashTest, APowerCutAtAnyChangeEndsWithTheSameModel) {
  bool cut = false;
  LastingStores calm{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes expected,
                                 RunThroughPowerCut(calm, kNever, GetParam(), cut));
  int cuts = 0;
  for (int at = 1;; ++at, ++cuts) {
    LastingStores stores{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
    const Result<Bytes> model = RunThroughPowerCut(stores, at, GetParam(), cut);
    if (!cut) break;
    ASSERT_TRUE(model.ok()) << "change " << at << ": " << model.status();
    ASSERT_EQ(*model, expected) << "change " << at;
  }
  EXPECT_GT(cuts, 40);
}

TEST_P(CrashTest, SoItIsWithAStrategyThatKeepsState) {
  RunPlan plan = FakePlan(3);
  plan.strategy = "fedadam";
  bool cut = false;
  LastingStores calm{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes expected,
                                 RunThroughPowerCut(calm, kNever, GetParam(), cut, plan));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto kept, calm.blobs->List("state/"));
  EXPECT_EQ(kept, (std::vector<std::string>{"state/v3.0", "state/v3.1"}));
  for (int at = 1;; ++at) {
    LastingStores stores{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
    const Result<Bytes> model = RunThroughPowerCut(stores, at, GetParam(), cut, plan);
    if (!cut) break;
    ASSERT_TRUE(model.ok()) << "change " << at << ": " << model.status();
    ASSERT_EQ(*model, expected) << "change " << at;
  }
}

TEST_P(CrashTest, SoItIsWithAModelThatTravelsInACodec) {
  RunPlan plan = FakePlan();
  plan.model_codec = "bf16";
  bool cut = false;
  LastingStores calm{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes expected,
                                 RunThroughPowerCut(calm, kNever, GetParam(), cut, plan));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto kept, calm.blobs->List("sent/"));
  EXPECT_EQ(kept, std::vector<std::string>{"sent/v2"});
  for (int at = 1;; ++at) {
    LastingStores stores{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
    const Result<Bytes> model = RunThroughPowerCut(stores, at, GetParam(), cut, plan);
    if (!cut) break;
    ASSERT_TRUE(model.ok()) << "change " << at << ": " << model.status();
    ASSERT_EQ(*model, expected) << "change " << at;
  }
}

TEST_P(CrashTest, SoItIsOnADisk) {
  bool cut = false;
  Bytes expected;
  for (const int at : {kNever, 5, 12, 19, 26, 33}) {
    const TempFolder folder;
    LastingStores stores{OpenDiskBlobStore(folder.path()).value(), MakeMemoryRoundStore()};
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes model,
                                   RunThroughPowerCut(stores, at, GetParam(), cut));
    if (expected.empty()) expected = model;
    EXPECT_EQ(model, expected) << "change " << at;
    EXPECT_EQ(cut, at != kNever);
  }
}

INSTANTIATE_TEST_SUITE_P(Moments, CrashTest,
                         ::testing::Values(PowerCut::Moment::kBeforeTheChange,
                                           PowerCut::Moment::kAfterTheChange));

}  // namespace
}  // namespace consilium
