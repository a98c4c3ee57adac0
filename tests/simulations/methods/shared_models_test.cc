#include "simulations/methods/shared_models.h"

#include "common/nn/state.h"
#include "common/storage/file_io.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_net.h"

#include <thread>

namespace consilium {
namespace {

class SharedModelsTest : public ::testing::Test {
 protected:
  SharedModels::Train Training(std::uint64_t seed) {
    return [this, seed]() -> Result<FittedModel> {
      ++trained_;
      FittedModel model;
      model.net = MakeTinyNet({PrognosisTask()}, seed);
      return model;
    };
  }
  TempFolder folder_;
  int trained_ = 0;
};

TEST_F(SharedModelsTest, TrainsAModelOnceAndGivesItBitForBit) {
  SharedModels models(folder_.File("shared"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob first, models.Get("a", Training(1)));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob second, models.Get("a", Training(2)));
  EXPECT_EQ(trained_, 1);
  EXPECT_EQ(first.bytes, second.bytes);
  EXPECT_EQ(*first.layout, *second.layout);
}

TEST_F(SharedModelsTest, ModelsOutliveTheProcessThatTrainedThem) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FittedModel model,
                                 SharedModels(folder_.File("shared")).Renew("a", Training(1)));
  SharedModels later(folder_.File("shared"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ParameterBlob found, later.Get("a", Training(2)));
  EXPECT_EQ(trained_, 1);
  EXPECT_EQ(found.bytes, ReadState(*model.net).bytes);
}

TEST_F(SharedModelsTest, AskingFromSeveralThreadsTrainsOnce) {
  SharedModels models(folder_.File("shared"));
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(models.Get("a", Training(1)).ok()); });
    }
  }
  EXPECT_EQ(trained_, 1);
}

TEST_F(SharedModelsTest, AFailedTrainingLeavesNothing) {
  SharedModels models(folder_.File("shared"));
  const auto fails = []() -> Result<FittedModel> { return Cancelled("interrupted"); };
  EXPECT_STATUS(models.Get("a", fails), StatusCode::kCancelled, "interrupted");
  ASSERT_OK(models.Get("a", Training(1)).status());
  EXPECT_EQ(trained_, 1);
}

}  // namespace
}  // namespace consilium
