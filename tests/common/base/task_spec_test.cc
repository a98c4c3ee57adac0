#include "common/base/task_spec.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using ::testing::ElementsAre;

TEST(TaskSpecTest, PrognosisLabelsAreClassNames) {
  const TaskSpec task = PrognosisTask();
  EXPECT_OK(ValidateTask(task));
  EXPECT_THAT(*ParseLabel(task, "severe"), ElementsAre(1));
  EXPECT_EQ(FormatLabel(task, *ParseLabel(task, "mild")), "mild");
  EXPECT_STATUS(ParseLabel(task, "Severe"), StatusCode::kInvalidArgument,
                "expected mild or severe");
  EXPECT_EQ(OutputWidth(task), 2);
}

TEST(TaskSpecTest, BrixiaKeepsLeadingZeros) {
  const TaskSpec task = *BrixiaTask("zones");
  EXPECT_THAT(*ParseLabel(task, "002013"), ElementsAre(0, 0, 2, 0, 1, 3));
  EXPECT_EQ(FormatLabel(task, *ParseLabel(task, "002013")), "002013");
  EXPECT_STATUS(ParseLabel(task, "2013"), StatusCode::kInvalidArgument, "string of 6 digits 0-3");
  EXPECT_STATUS(ParseLabel(task, "002014"), StatusCode::kInvalidArgument, "keep leading zeros");
  EXPECT_STATUS(ParseLabel(task, ""), StatusCode::kInvalidArgument, "digits");
}

TEST(TaskSpecTest, LungClassesFollowThePublishedThresholds) {
  const TaskSpec task = *BrixiaTask("lungs");
  EXPECT_EQ(OutputWidth(task), 8);
  const ZoneGroup& right = task.groups[0];
  const ZoneGroup& left = task.groups[1];
  const int right_sums[][2] = {{0, 0}, {1, 0}, {2, 1}, {4, 1}, {5, 2}, {7, 2}, {8, 3}, {9, 3}};
  for (const auto& [sum, expected] : right_sums) {
    const int a = std::min(sum, 3), b = std::min(sum - a, 3), c = sum - a - b;
    const int scores[] = {a, b, c, 3, 3, 3};
    EXPECT_EQ(GroupClass(right, scores), expected) << "sum " << sum;
    EXPECT_EQ(GroupClass(left, scores), 3);
  }
}

TEST(TaskSpecTest, GlobalClassesFollowThePublishedThresholds) {
  const TaskSpec task = *BrixiaTask("global");
  EXPECT_EQ(OutputWidth(task), 4);
  const int four[] = {0, 0, 3, 0, 0, 1};
  const int five[] = {0, 0, 3, 0, 0, 2};
  const int fifteen[] = {3, 3, 3, 3, 3, 0};
  EXPECT_EQ(GroupClass(task.groups[0], four), 0);
  EXPECT_EQ(GroupClass(task.groups[0], five), 1);
  EXPECT_EQ(GroupClass(task.groups[0], fifteen), 3);
  EXPECT_STATUS(BrixiaTask("zone"), StatusCode::kInvalidArgument, "zones, lungs or global");
}

TEST(TaskSpecTest, ValidationNamesTheContradiction) {
  TaskSpec task = *BrixiaTask("zones");
  task.flip = {0, 0, 0, 0, 0, 0};
  EXPECT_STATUS(ValidateTask(task), StatusCode::kInvalidArgument, "flip");
}

}  // namespace
}  // namespace consilium
