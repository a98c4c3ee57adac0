#include "simulations/report/repeat_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StudyRecord StudyOf(const std::string& cohort,
                    std::vector<std::pair<std::string, std::string>> settings) {
  StudyRecord study;
  study.summary.cohort = cohort;
  study.settings = std::move(settings);
  return study;
}

TEST(RepeatCommandTest, CohortIsReadOrGeneratedAsBefore) {
  EXPECT_THAT(RepeatCommand(StudyOf("a b/m.csv", {})), HasSubstr("loco --cohort 'a b/m.csv'"));
  EXPECT_THAT(RepeatCommand(StudyOf("x.cache", {})), HasSubstr("loco --tensor-cache x.cache"));
  EXPECT_THAT(RepeatCommand(StudyOf("synthetic, scale 0.02, seed 7", {})),
              HasSubstr("loco --synthetic --scale 0.02 --cohort-seed 7"));
}

TEST(RepeatCommandTest, SettingsThatAreNoOptionsAreLeftOut) {
  const std::string command = RepeatCommand(StudyOf("m.csv", {{"tasks", "prognosis:2,brixia:8"},
                                                              {"cohort", "23f3"},
                                                              {"weights", ""},
                                                              {"augment", "yes"},
                                                              {"class-weights", "yes"},
                                                              {"strategy", "fedavg"}}));
  EXPECT_THAT(command, HasSubstr("--brixia lungs"));
  EXPECT_THAT(command, HasSubstr("--class-weights"));
  for (const char* part : {"23f3", "--weights", "augment", "--tasks", "--strategy"}) {
    EXPECT_THAT(command, Not(HasSubstr(part)));
  }
}

TEST(RepeatCommandTest, ParametersOfAStrategyAreOptions) {
  EXPECT_THAT(RepeatCommand(StudyOf("m.csv", {{"strategy", "fedyogi(server_rate=0.1, tau=1e-3)"}})),
              HasSubstr("--strategy fedyogi --server-rate 0.1 --tau 1e-3 "));
}

TEST(RepeatCommandTest, AWeightingOfTasksAndItsParametersAreOptions) {
  EXPECT_THAT(
      RepeatCommand(StudyOf("m.csv", {{"task-weighting", "gradnorm (alpha 1.5, rate 0.025)"}})),
      HasSubstr("--task-weighting gradnorm --gradnorm-alpha 1.5 --gradnorm-rate 0.025 \\\n"));
  EXPECT_THAT(RepeatCommand(StudyOf("m.csv", {{"task-weighting", "uncertainty"}})),
              HasSubstr("--task-weighting uncertainty \\\n"));
}

TEST(RepeatCommandTest, OtherProtocolsAndPresetsAreRepeatedAsStudy) {
  EXPECT_THAT(
      RepeatCommand(StudyOf(
          "m.csv",
          {{"protocol", "loco"}, {"folds", ""}, {"folds-mode", "corrected"}, {"preset", ""}})),
      AllOf(HasSubstr("consilium-sim loco --cohort"), Not(HasSubstr("--protocol")),
            Not(HasSubstr("--folds-mode")), Not(HasSubstr("--preset"))));
  EXPECT_THAT(
      RepeatCommand(StudyOf(
          "m.csv",
          {{"protocol", "cv"}, {"folds", "a b"}, {"folds-mode", "as-published"}, {"preset", ""}})),
      AllOf(HasSubstr("consilium-sim study --cohort"), HasSubstr("--protocol cv \\\n"),
            HasSubstr("--folds 'a b' \\\n"), HasSubstr("--folds-mode as-published \\\n"),
            Not(HasSubstr("--preset"))));
  EXPECT_THAT(RepeatCommand(StudyOf("m.csv", {{"protocol", "loco"}, {"preset", "paper"}})),
              AllOf(HasSubstr("consilium-sim study"), HasSubstr("--preset paper")));
}

TEST(RepeatCommandTest, AMethodNarrowsIt) {
  const StudyRecord study = StudyOf("m.csv", {{"methods", "local,stl"}, {"seed", "1,2"}});
  EXPECT_THAT(RepeatCommand(study), HasSubstr("--methods local,stl"));
  EXPECT_THAT(RepeatCommand(study, "stl"),
              AllOf(HasSubstr("--methods stl \\\n"), HasSubstr("--seed 1,2 \\\n")));
}

TEST(RepeatCommandTest, ForeignTextIsQuotedForTheShell) {
  EXPECT_THAT(RepeatCommand(StudyOf("$(rm -r x).csv", {{"backbone", "a;b"}})),
              AllOf(HasSubstr("'$(rm -r x).csv'"), HasSubstr("--backbone 'a;b'")));
}

}  // namespace
}  // namespace consilium
