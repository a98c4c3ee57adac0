#include "aggregator/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

using ::testing::ElementsAre;

TEST(RetentionTest, FirstBestAndLatestModelAlwaysStay) {
  EXPECT_THAT(ModelFilesToKeep(7, 3, 0, {}),
              ElementsAre("models/initial", "models/v3", "models/v7"));
  EXPECT_THAT(ModelFilesToKeep(0, 0, 0, {}), ElementsAre("models/initial", "models/v0"));
}

TEST(RetentionTest, SoDoTheLatestOnesAsTheRuleSays) {
  EXPECT_THAT(ModelFilesToKeep(7, 6, 0, {3}),
              ElementsAre("models/initial", "models/v5", "models/v6", "models/v7"));
  EXPECT_THAT(ModelFilesToKeep(1, 0, 0, {100}),
              ElementsAre("models/initial", "models/v0", "models/v1"));
}

TEST(RetentionTest, AStrategyGoesOnFromItsStateBesideTheLatestModel) {
  EXPECT_THAT(ModelFilesToKeep(7, 3, 2, {2}),
              ElementsAre("models/initial", "models/v3", "models/v6", "models/v7", "state/v7.0",
                          "state/v7.1"));
}

}  // namespace
}  // namespace consilium
