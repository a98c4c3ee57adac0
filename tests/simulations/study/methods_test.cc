#include "common/storage/file_io.h"
#include "simulations/study/study.h"
#include "simulations/synthetic/synthetic_cohort.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_net.h"

#include <atomic>
#include <map>
#include <set>

namespace consilium {
namespace {

using Models = std::map<std::string, std::string>;  // of "method task center": the model's digest

/// Six centers with outcomes, three with Brixia scores, as in the official lists.
Dataset Cohort() {
  SyntheticOptions options;
  options.scale = 0.001;
  options.image_size = 16;
  return MakeSyntheticCohort(options, {PrognosisTask(), *BrixiaTask("zones")}).value();
}

/// Every other image with an outcome has Brixia scores too.
Dataset CohortWithBoth() {
  Dataset cohort = Cohort();
  bool also = true;
  for (Sample& sample : cohort.samples) {
    if (sample.labels[0].empty()) continue;
    if (also) sample.labels[1].assign(6, sample.labels[0][0]);
    also = !also;
  }
  return cohort;
}

class MethodsTest : public ::testing::Test {
 protected:
  Study MakeStudy(std::vector<Method> methods, const Dataset& cohort = Cohort()) {
    Study study;
    study.options.plan.run = RunId("loco");
    study.options.plan.tasks = cohort.tasks;
    study.options.plan.backbone = "tiny";
    study.options.plan.image_size = 16;
    study.options.plan.rounds.rounds = 3;
    study.options.plan.training.augment = false;
    study.options.plan.training.batch_size = 4;
    study.options.methods = std::move(methods);
    study.version = "test";
    study.cohort = "synthetic";
    study.dataset = std::make_shared<const Dataset>(cohort);
    study.out = folder_.File("out" + std::to_string(studies_++));
    study.hasher = FnvHash();
    study.make_net = [this](const RunPlan& plan) {
      if (plan.tasks.size() == 1) ++nets_[plan.tasks[0].id.str()];
      return MakeTinyNetOfPlan(plan);
    };
    study.interrupt = &interrupt_;
    study.progress = &progress_;
    return study;
  }
  Models ModelsOf(Study study) {
    const Result<StudyResult> result = RunStudy(std::move(study));
    EXPECT_TRUE(result.ok()) << result.status();
    Models models;
    if (!result.ok()) return models;
    for (const Row& row : result->summary.rows) {
      models[row.method + " " + row.task + " " + row.left_out] = row.model_sha256;
    }
    return models;
  }

  TempFolder folder_;
  int studies_ = 0;
  std::map<std::string, int> nets_;  // single-task networks made, by task
  SystemClock clock_;
  Interrupt interrupt_;
  Progress progress_{Progress::Options{.clock = &clock_}};
};

TEST_F(MethodsTest, EachPooledMethodGivesEveryLeftOutCenterAModelOfItsOwn) {
  const Models models = ModelsOf(
      MakeStudy({Method::kStl, Method::kTransfer, Method::kMdmtCentral, Method::kMdmtAveragedInit,
                 Method::kMdmtNoSharing, Method::kMdmtNoIndicator}));
  EXPECT_EQ(models.size(), 36U);
  std::set<std::string> different;
  for (const auto& [name, digest] : models) {
    EXPECT_THAT(name, ::testing::HasSubstr(" prognosis "));
    different.insert(digest);
  }
  EXPECT_EQ(different.size(), 36U);
}

TEST_F(MethodsTest, ModelsThatOthersBeginFromAreTrainedOnceForEachFold) {
  ModelsOf(MakeStudy({Method::kStl, Method::kTransfer, Method::kMdmtAveragedInit}));
  EXPECT_EQ(nets_["brixia"], 6);
  EXPECT_EQ(nets_["prognosis"], 12);  // stl and transfer itself
}

TEST_F(MethodsTest, TransferIsTheSameWhateverElseIsCompared) {
  const Models alone = ModelsOf(MakeStudy({Method::kTransfer}));
  Study with = MakeStudy({Method::kMdmtAveragedInit, Method::kTransfer, Method::kStl});
  const Models together = ModelsOf(std::move(with));
  ASSERT_EQ(alone.size(), 6U);
  for (const auto& [name, digest] : alone) EXPECT_EQ(together.at(name), digest) << name;
}

TEST_F(MethodsTest, BetaDecidesWhereAveragedInitBegins) {
  Study target_only = MakeStudy({Method::kMdmtAveragedInit});
  target_only.options.beta = 1;
  Study half = MakeStudy({Method::kMdmtAveragedInit});
  EXPECT_NE(ModelsOf(std::move(target_only)), ModelsOf(std::move(half)));
}

TEST_F(MethodsTest, SingleTaskModelsOfEveryTaskThatTheLeftOutCenterHas) {
  const Models models =
      ModelsOf(MakeStudy({Method::kStl, Method::kMdmtNoSharing}, CohortWithBoth()));
  for (const std::string method : {"stl", "mdmt-no-sharing"}) {
    ASSERT_TRUE(models.contains(method + " brixia A"));
    EXPECT_NE(models.at(method + " brixia A"), models.at(method + " prognosis A"));
  }
  EXPECT_TRUE(ReadFile(folder_.File("out0/jobs/seed1.stl.A.brixia.json"), 1 << 20).ok());
  EXPECT_TRUE(ReadFile(folder_.File("out0/predictions/seed1.A.stl.brixia.csv"), 1 << 20).ok());
}

TEST_F(MethodsTest, HarmonisedTrainsWhereImagesHaveLabelsOfAllTasks) {
  const Models models = ModelsOf(MakeStudy({Method::kMdmtHarmonised}, CohortWithBoth()));
  EXPECT_TRUE(models.contains("mdmt-harmonised prognosis A"));
  EXPECT_TRUE(models.contains("mdmt-harmonised brixia A"));
}

TEST_F(MethodsTest, HarmonisedIsRefusedWhereNoImageHasLabelsOfAllTasks) {
  Study study = MakeStudy({Method::kMdmtHarmonised});
  EXPECT_STATUS(CheckCohort(study.options, *study.dataset), StatusCode::kInvalidArgument,
                "methods: mdmt-harmonised trains on images with labels of all tasks; without "
                "'A' no training image has them");
}

TEST_F(MethodsTest, WeightingsOfTasksChangeMultiTaskTrainingOnly) {
  Study fixed = MakeStudy({Method::kStl, Method::kMdmtCentral});
  Study learned = fixed;
  learned.out += "learned";
  learned.options.task_weighting.kind = TaskWeighting::kGradNorm;
  const Models of_fixed = ModelsOf(std::move(fixed));
  const Models of_learned = ModelsOf(std::move(learned));
  EXPECT_EQ(of_fixed.at("stl prognosis A"), of_learned.at("stl prognosis A"));
  EXPECT_NE(of_fixed.at("mdmt-central prognosis A"), of_learned.at("mdmt-central prognosis A"));
}

TEST_F(MethodsTest, LearnedWeightingsAreRefusedInAFederation) {
  Study study = MakeStudy({Method::kMdmtCentral, Method::kMdmtFederated});
  study.options.task_weighting.kind = TaskWeighting::kDwa;
  EXPECT_STATUS(ValidateStudy(study.options), StatusCode::kInvalidArgument,
                "task-weighting: 'dwa' is learned over the epochs of one training");
  study.options.methods = {Method::kMdmtCentral};
  EXPECT_TRUE(ValidateStudy(study.options).ok());
}

TEST_F(MethodsTest, BetaOutsideItsRangeIsRefused) {
  Study study = MakeStudy({Method::kMdmtAveragedInit});
  study.options.beta = 1.5;
  EXPECT_STATUS(ValidateStudy(study.options), StatusCode::kInvalidArgument, "beta");
}

}  // namespace
}  // namespace consilium
