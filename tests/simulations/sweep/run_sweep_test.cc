#include "simulations/sweep/run_sweep.h"

#include "simulations/results/summary_file.h"
#include "simulations/sweep/collect.h"
#include "simulations/sweep/plan.h"
#include "simulations/sweep/slurm_script.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// A shell script in the place of consilium-sim.
class RunSweepTest : public ::testing::Test {
 protected:
  RunSweepTest() : folder_(temp_.File("sweep")) {}

  void Open(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) jobs_.push_back({id, {{"seed", "1"}}, ""});
    ASSERT_OK(folder_.Open(jobs_));
  }
  /// `body` sees the study's folder as $study, the arguments as $*.
  Result<SweepOutcome> Run(const std::string& body) {
    const std::string program = temp_.File("program");
    std::ofstream(program) << "#!/bin/sh\nfor a; do case $a in --out=*) study=${a#--out=};; esac;"
                           << " done\n"
                           << body << "\n";
    fs::permissions(program, fs::perms::owner_all);
    SweepRun run;
    run.jobs = jobs_;
    run.program = program;
    run.processes = 2;
    run.interrupt = &interrupt_;
    run.out = &said_;
    return RunSweep(folder_, run);
  }
  std::string Summary(const std::string& id) {
    return "mkdir -p $study; echo '" + id + "' > $study/settings.json; touch $study/summary.json";
  }

  TempFolder temp_;
  SweepFolder folder_;
  std::vector<SweepJob> jobs_;
  Interrupt interrupt_;
  std::ostringstream said_;
};

TEST_F(RunSweepTest, FinishedJobsAreNeverRepeated) {
  Open({"a", "b", "c"});
  const std::string work = "echo x >> " + temp_.File("calls") + "; " + Summary("");
  ASSERT_OK(Run(work).status());
  const Result<SweepOutcome> again = Run(work);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->done_before, 3U);
  EXPECT_EQ(again->done_now, 0U);
  EXPECT_EQ(fs::file_size(temp_.File("calls")), 6U);
}

TEST_F(RunSweepTest, AFailedJobIsNamedAndTheOthersGoOn) {
  Open({"a", "b", "c"});
  const Result<SweepOutcome> outcome =
      Run("case $study in */b) echo no memory; kill -9 $$;; esac; " + Summary(""));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->done_now, 2U);
  ASSERT_EQ(outcome->failures.size(), 1U);
  EXPECT_THAT(outcome->failures[0], HasSubstr("b: ended with 137: no memory"));
}

TEST_F(RunSweepTest, ABegunStudyIsResumedAndAnEmptyOneBeginsAnew) {
  Open({"a", "b"});
  fs::create_directories(folder_.StudyPath("a"));
  std::ofstream(folder_.StudyPath("a") + "/settings.json") << "{}";
  fs::create_directories(folder_.StudyPath("b") + "/predictions");
  ASSERT_OK(Run("echo \"$*\"; ls -d $study; " + Summary("")).status());
  std::ostringstream a;
  a << std::ifstream(folder_.LogPath("a")).rdbuf();
  EXPECT_THAT(a.str(), HasSubstr("--resume"));
  std::ostringstream b;
  b << std::ifstream(folder_.LogPath("b")).rdbuf();
  EXPECT_THAT(b.str(), Not(HasSubstr("--resume")));
}

TEST_F(RunSweepTest, AJobOfAnotherProcessIsLeftToIt) {
  Open({"a"});
  const Result<std::optional<JobLock>> mine = folder_.Lock("a");
  ASSERT_TRUE(mine.ok() && mine->has_value());
  const Result<std::optional<JobLock>> other = folder_.Lock("a");
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->has_value());
}

TEST_F(RunSweepTest, InterruptedItSaysHowFarItCame) {
  Open({"a"});
  interrupt_.Request();
  const Status status = Run(Summary("")).status();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_THAT(status.message(), HasSubstr("0 of 1"));
}

TEST_F(RunSweepTest, AFolderOfSomethingElseIsRefused) {
  fs::create_directories(folder_.path());
  std::ofstream(folder_.path() + "/letter.txt") << "dear";
  EXPECT_THAT(folder_.Open({}).message(), HasSubstr("holds something else"));
}

class CollectSweepTest : public ::testing::Test {
 protected:
  CollectSweepTest() : folder_(temp_.File("sweep")) {}
  void Finish(const std::string& id, const std::string& method) {
    Row row;
    row.left_out = "A";
    row.method = method;
    row.backbone = "tiny";
    row.task = "prognosis";
    row.seed = 1;
    row.metrics.accuracy = 0.5;
    Summary summary;
    summary.version = "test";
    summary.cohort = "synthetic";
    summary.seeds = {1};
    summary.backbones = {"tiny"};
    summary.rows = {row};
    fs::create_directories(folder_.StudyPath(id));
    std::ofstream(folder_.StudyPath(id) + "/summary.json") << FormatSummary(summary);
    ASSERT_OK(folder_.MarkDone(id, {1, 2}));
  }
  TempFolder temp_;
  SweepFolder folder_;
};

TEST_F(CollectSweepTest, RowsCarryWhatElseTheSweepWentThrough) {
  ASSERT_OK(folder_.Open({{"a", {}, ""}, {"b", {{"strategy", "x"}}, " [strategy=x]"}}));
  Finish("a", "stl");
  Finish("b", "fed");
  const Result<CollectedSweep> sweep = CollectSweep(folder_);
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  ASSERT_EQ(sweep->summary.rows.size(), 2U);
  EXPECT_EQ(sweep->summary.rows[1].method, "fed [strategy=x]");
  EXPECT_EQ(sweep->summary.version, "test");
  EXPECT_TRUE(sweep->missing.empty());
}

TEST_F(CollectSweepTest, WhatIsMissingIsNamed) {
  ASSERT_OK(folder_.Open({{"a", {}, ""}, {"b", {}, ""}}));
  Finish("a", "stl");
  const Result<CollectedSweep> sweep = CollectSweep(folder_);
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  ASSERT_EQ(sweep->missing.size(), 1U);
  EXPECT_EQ(sweep->missing[0].second, "not begun");
  const std::string report = FormatSweepReport(*sweep);
  EXPECT_THAT(report, HasSubstr("Jobs: 1 of 2"));
  EXPECT_THAT(report, HasSubstr("| b | not begun |"));
}

TEST(SweepPlanTest, TimeIsThatOfTheLongestShard) {
  SweepEstimate estimate;
  estimate.shards = 2;
  estimate.jobs = {{"a", 1, 10, 3.0, 100.0, 1, false},
                   {"b", 1, 10, 1.0, 200.0, 1, false},
                   {"c", 1, 10, 2.0, 100.0, 1, true}};
  const SweepTotals totals = TotalsOf(estimate);
  EXPECT_EQ(totals.jobs_left, 2U);
  EXPECT_DOUBLE_EQ(*totals.hours, 4);
  EXPECT_DOUBLE_EQ(*totals.elapsed, 3);
  EXPECT_DOUBLE_EQ(*totals.memory, 200);
  EXPECT_THAT(DrawPlan(estimate), HasSubstr("2 jobs left"));
}

TEST(SweepPlanTest, WithoutACalibrationHoursAreUnknown) {
  SweepEstimate estimate;
  estimate.jobs = {{"a", 1, 10, std::nullopt, std::nullopt, 1, false}};
  EXPECT_FALSE(TotalsOf(estimate).hours.has_value());
  EXPECT_THAT(FormatPlanJson(estimate), HasSubstr("\"hours\": null"));
}

TEST(SlurmScriptTest, QuotesPathsAndAsksForWhatThePlanFound) {
  SlurmScript script;
  script.program = "/opt/it's/consilium-sim";
  script.sweep_file = "/s.yaml";
  script.out = "/o";
  script.folder = "/";
  script.shards = 4;
  script.processes = 2;
  script.hours = 1.0;
  script.memory_mib = 1000.0;
  const std::string text = FormatSlurmScript(script);
  EXPECT_THAT(text, HasSubstr("--array=1-4"));
  EXPECT_THAT(text, HasSubstr("--mem=2500M"));
  EXPECT_THAT(text, HasSubstr("--time=120"));
  EXPECT_THAT(text, HasSubstr("exec '/opt/it'\\''s/consilium-sim' run '/s.yaml' --out '/o'"));
  EXPECT_THAT(text, HasSubstr("--shard \"$SLURM_ARRAY_TASK_ID/4\""));
}

}  // namespace
}  // namespace consilium
