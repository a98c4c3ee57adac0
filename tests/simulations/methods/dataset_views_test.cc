#include "simulations/methods/dataset_views.h"

#include "tests/support/tiny_data.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

Dataset Mixed() {
  return MakeTinyData({Holding::kNothing, Holding::kPrognosis, Holding::kBrixia, Holding::kBoth});
}

TEST(DatasetViewsTest, OneTaskKeepsTheOtherTasksWithoutTheirLabels) {
  const Dataset data = Mixed();
  const auto view = OneTaskLabelsView(data, 1);
  EXPECT_EQ(view->tasks, data.tasks);
  for (std::size_t i = 0; i < data.samples.size(); ++i) {
    EXPECT_TRUE(view->samples[i].labels[0].empty());
    EXPECT_EQ(view->samples[i].labels[1], data.samples[i].labels[1]);
  }
}

TEST(DatasetViewsTest, ZeroFillingLeavesLabelsAndUnlabelledImagesAlone) {
  const Dataset data = Mixed();
  const auto view = ZeroFilledView(data);
  EXPECT_TRUE(view->samples[0].labels[0].empty());
  EXPECT_TRUE(view->samples[0].labels[1].empty());
  EXPECT_EQ(view->samples[1].labels[0], data.samples[1].labels[0]);
  EXPECT_EQ(view->samples[1].labels[1], std::vector<int>(6, 0));
  EXPECT_EQ(view->samples[2].labels[0], std::vector<int>{0});
  EXPECT_EQ(view->samples[3].labels, data.samples[3].labels);
}

TEST(DatasetViewsTest, WithEveryLabelKeepsFullyLabelledImages) {
  EXPECT_EQ(WithEveryLabel(Mixed(), {0, 1, 2, 3}), Indices{3});
}

}  // namespace
}  // namespace consilium
