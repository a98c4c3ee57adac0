#include "simulations/study/study.h"

#include "common/storage/file_io.h"
#include "simulations/results/summary_file.h"
#include "simulations/results/training_record.h"
#include "simulations/synthetic/synthetic_cohort.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_net.h"

#include <filesystem>
#include <set>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StudyTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    SyntheticOptions options;
    options.scale = 0.001;
    options.image_size = 16;
    dataset = std::make_shared<const Dataset>(
        MakeSyntheticCohort(options, {PrognosisTask(), *BrixiaTask("zones")}).value());
  }
  static void TearDownTestSuite() { dataset.reset(); }

  Study MakeStudy(const std::string& out) {
    Study study;
    study.options.plan.run = RunId("loco");
    study.options.plan.tasks = dataset->tasks;
    study.options.plan.backbone = "tiny";
    study.options.plan.image_size = 16;
    study.options.plan.rounds.rounds = 2;
    study.options.plan.training.augment = false;
    study.options.plan.training.batch_size = 64;
    study.version = "test";
    study.cohort = "synthetic";
    study.dataset = dataset;
    study.out = folder_.File(out);
    study.hasher = FnvHash();
    study.make_net = MakeTinyNetOfPlan;
    study.interrupt = &interrupt_;
    study.progress = &progress_;
    return study;
  }

  std::string Text(const std::string& name) {
    const Result<Bytes> file = ReadFile(folder_.File(name), 64 << 20);
    return file.ok() ? std::string(AsText(*file)) : "";
  }

  TempFolder folder_;
  SystemClock clock_;
  Interrupt interrupt_;
  Progress progress_{Progress::Options{.clock = &clock_}};
  static inline std::shared_ptr<const Dataset> dataset;
};

TEST_F(StudyTest, ScoresEveryMethodOnEveryLeftOutCenter) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const StudyResult result, RunStudy(MakeStudy("out")));
  std::map<std::string, std::set<std::string>> centers;
  int local = 0;
  for (const Row& row : result.summary.rows) {
    centers[row.method].insert(row.left_out);
    EXPECT_GT(row.n_test, 0);
    EXPECT_EQ(row.model_sha256.size(), 16U);
    EXPECT_NE(row.left_out, row.site.value_or(""));
    local += row.method == "local" ? 1 : 0;
  }
  EXPECT_EQ(centers.size(), 4U);
  for (const auto& [method, tested] : centers) EXPECT_EQ(tested.size(), 6U) << method;
  EXPECT_EQ(local, 30);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Summary written,
                                 ParseSummary(Text("out/summary.json"), "summary.json"));
  EXPECT_EQ(written.rows.size(), result.summary.rows.size());
  EXPECT_THAT(Text("out/report.md"), HasSubstr("mdmt-federated"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const TrainingRecord record,
      ParseTrainingRecord(Text("out/trainings/seed1.mdmt-federated.A.json"), "record"));
  EXPECT_EQ(record.validation_loss.size(), 2U);
  EXPECT_EQ(record.update_cosine.size(), 2U);
  EXPECT_TRUE(record.update_cosine.front().has_value());
  EXPECT_GT(record.bytes_from_sites, 0U);
  for (const std::string part : {"Validation loss, ", "Agreement of sites", "ROC, all"}) {
    EXPECT_THAT(Text("out/report.html"), HasSubstr(part));
  }
  EXPECT_THAT(Text("out/predictions/seed1.A.stl.csv"),
              HasSubstr("image,center,task,label,probabilities\n"));
  EXPECT_FALSE(fs::exists(folder_.File("out/work")));
}

TEST_F(StudyTest, JobsSideBySideGiveTheSameModels) {
  Study one = MakeStudy("one");
  Study two = MakeStudy("two");
  two.options.jobs = 3;
  ASSERT_OK(RunStudy(std::move(one)).status());
  ASSERT_OK(RunStudy(std::move(two)).status());
  EXPECT_NE(Text("one/summary.json"), "");
  EXPECT_EQ(Text("one/summary.json"), Text("two/summary.json"));
}

TEST_F(StudyTest, UnderFedbuffSitesTakeTurnsAndEqualStudiesGiveEqualModels) {
  const auto study = [&](const std::string& out) {
    Study made = MakeStudy(out);
    made.options.methods = {Method::kMdmtFederated};
    made.options.plan.strategy = "fedbuff";
    made.options.plan.strategy_options.buffer_size = 1;
    made.options.plan.rounds.rounds = 4;
    return made;
  };
  ASSERT_OK(RunStudy(study("one")).status());
  Study two = study("two");
  two.options.jobs = 3;
  ASSERT_OK(RunStudy(std::move(two)).status());
  EXPECT_NE(Text("one/summary.json"), "");
  EXPECT_EQ(Text("one/summary.json"), Text("two/summary.json"));
}

TEST_F(StudyTest, AResumedStudyEndsWithTheSameRows) {
  Study whole = MakeStudy("whole");
  ASSERT_OK(RunStudy(std::move(whole)).status());
  fs::copy(folder_.File("whole"), folder_.File("part"), fs::copy_options::recursive);
  fs::remove(folder_.File("part/summary.json"));
  fs::remove(folder_.File("part/jobs/seed1.stl.A.json"));
  fs::remove(folder_.File("part/jobs/seed1.mdmt-federated.B.json"));
  Study rest = MakeStudy("part");
  rest.resume = true;
  int federated = 0;
  rest.federated = [&](const FederatedRun& run) {
    ++federated;
    return RunInProcess(run);
  };
  ASSERT_OK(RunStudy(std::move(rest)).status());
  EXPECT_EQ(federated, 1);
  EXPECT_EQ(Text("part/summary.json"), Text("whole/summary.json"));
}

TEST_F(StudyTest, ResumingWithOtherSettingsNamesTheSetting) {
  Study first = MakeStudy("out");
  first.options.methods = {Method::kStl};
  ASSERT_OK(RunStudy(first).status());
  Study other = first;
  other.resume = true;
  other.options.plan.rounds.rounds = 3;
  EXPECT_STATUS(RunStudy(other), StatusCode::kInvalidArgument,
                "rounds: the study has '2', expected the same but got '3'");
}

TEST_F(StudyTest, AFolderInUseIsRefusedBeforeAnythingIsTrained) {
  fs::create_directories(folder_.File("out"));
  ASSERT_OK(WriteFileAtomically(folder_.File("out/mine.txt"), AsBytes("x")));
  EXPECT_STATUS(RunStudy(MakeStudy("out")), StatusCode::kInvalidArgument, "is not empty");
  EXPECT_STATUS(StudyFolder::Check(folder_.File("out/mine.txt"), false),
                StatusCode::kInvalidArgument, "it is a file");
  EXPECT_STATUS(StudyFolder::Check(folder_.File("none"), true), StatusCode::kInvalidArgument,
                "nothing to resume");
}

TEST_F(StudyTest, CheckingAFolderLeavesNothingBehind) {
  ASSERT_OK(StudyFolder::Check(folder_.File("a/b/c"), false));
  EXPECT_FALSE(fs::exists(folder_.File("a")));
}

TEST_F(StudyTest, AnInterruptKeepsFinishedJobsAndSaysHowToGoOn) {
  Study study = MakeStudy("out");
  study.options.methods = {Method::kStl, Method::kMdmtFederated};
  study.federated = [this](const FederatedRun&) -> Result<FederatedModel> {
    interrupt_.Request();
    return Cancelled("interrupted");
  };
  EXPECT_STATUS(RunStudy(std::move(study)), StatusCode::kCancelled, "--resume");
  EXPECT_NE(Text("out/jobs/seed1.stl.A.json"), "");
  EXPECT_THAT(Text("out/report.md"), HasSubstr("Incomplete: 1 of 12"));
}

TEST_F(StudyTest, AFailureIsReportedAndStopsTheOthers) {
  Study study = MakeStudy("out");
  study.options.methods = {Method::kMdmtFederated};
  int runs = 0;
  study.federated = [&](const FederatedRun&) -> Result<FederatedModel> {
    ++runs;
    return Internal("broken");
  };
  EXPECT_STATUS(RunStudy(std::move(study)), StatusCode::kInternal,
                "leaving out A: mdmt-federated: broken");
  EXPECT_EQ(runs, 1);
}

TEST_F(StudyTest, SharedHeadsAndLocalStatisticsGiveScoresToo) {
  for (const auto& [heads, normalisation] :
       {std::pair{HeadsMode::kShared, NormalisationMode::kShared},
        std::pair{HeadsMode::kShared, NormalisationMode::kLocal},
        std::pair{HeadsMode::kLocal, NormalisationMode::kLocal}}) {
    Study study =
        MakeStudy("out" + std::string(ToString(heads)) + std::string(ToString(normalisation)));
    study.options.methods = {Method::kMdmtFederated};
    study.options.plan.heads = heads;
    study.options.plan.normalisation = normalisation;
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const StudyResult result, RunStudy(std::move(study)));
    EXPECT_EQ(result.summary.rows.size(), 6U);
    EXPECT_EQ(result.summary.rows[0].heads, ToString(heads));
  }
}

TEST_F(StudyTest, CrossValidationGivesEverySiteItsImagesOfTheFoldAlone) {
  Study study = MakeStudy("out");
  study.options.protocol.kind = ProtocolKind::kCv;
  std::size_t images = 0;
  int runs = 0;
  study.federated = [&](const FederatedRun& run) {
    ++runs;
    EXPECT_EQ(run.plan.validation_fraction, 0.25);
    for (const auto& [center, data] : run.sites) images += data->samples.size();
    return RunInProcess(run);
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const StudyResult result, RunStudy(std::move(study)));
  EXPECT_EQ(runs, 5);
  EXPECT_EQ(images, 4 * dataset->samples.size());  // each image is tested once in five folds
  std::map<std::string, std::set<std::string>> tested;
  for (const Row& row : result.summary.rows) {
    EXPECT_EQ(row.protocol, "cv");
    tested[row.method + row.site.value_or("")].insert(row.left_out);
  }
  EXPECT_EQ(tested.size(), 3U + 6U);
  for (const auto& [method, folds] : tested) EXPECT_EQ(folds.size(), 5U) << method;
  EXPECT_THAT(Text("out/folds.csv"), HasSubstr("seed,fold,image,center,part\n1,fold0,"));
  EXPECT_THAT(Text("out/report.md"), HasSubstr("# Five-fold cross-validation study"));
}

TEST_F(StudyTest, PresetAndItsDifferencesAreInReportAndSummary) {
  Study study = MakeStudy("out");
  study.options.methods = {Method::kStl};
  study.options.protocol.kind = ProtocolKind::kHoldout;
  study.options.preset = {"paper", {{"image-size", "256", "16"}}, {"No ImageNet weights."}};
  ASSERT_OK(RunStudy(std::move(study)).status());
  EXPECT_THAT(Text("out/report.md"), HasSubstr("| image-size | 256 | 16 |"));
  EXPECT_THAT(Text("out/report.md"), HasSubstr("- No ImageNet weights."));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Summary summary,
                                 ParseSummary(Text("out/summary.json"), "summary.json"));
  EXPECT_EQ(summary.protocol, "holdout");
  EXPECT_EQ(summary.preset.name, "paper");
  EXPECT_EQ(summary.preset.differences.size(), 1U);
}

TEST_F(StudyTest, ListedFoldsAreRefusedOverGrpc) {
  Study study = MakeStudy("out");
  study.options.protocol = {ProtocolKind::kCv, "lists", ListMode::kCorrected};
  study.options.transport = TransportKind::kGrpc;
  EXPECT_STATUS(RunStudy(std::move(study)), StatusCode::kInvalidArgument, "expected in-process");
}

}  // namespace
}  // namespace consilium
