#include "simulations/protocols/loco.h"

#include "tests/support/made_up_cohort.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <set>

namespace consilium {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Add(Dataset& dataset, const std::string& center, int patients, bool prognosis, bool brixia) {
  for (int p = 0; p < patients; ++p) {
    for (int visit = 0; visit < 2; ++visit) {
      Sample sample;
      sample.center = center;
      sample.patient = center + std::to_string(p);
      sample.image = sample.patient + "-" + std::to_string(visit) + ".png";
      sample.labels.resize(2);
      if (prognosis) sample.labels[0] = {p % 2};
      if (brixia) sample.labels[1] = {0, 1, 2, 3, 0, 1};
      dataset.samples.push_back(std::move(sample));
    }
  }
}

/// Two prognosis centers (B's images have Brixia scores too) and a severity center.
Dataset ThreeCenters() {
  Dataset dataset;
  dataset.tasks = {PrognosisTask(), *BrixiaTask("zones")};
  Add(dataset, "B", 10, true, true);
  Add(dataset, "A", 12, true, false);
  Add(dataset, "X", 20, false, true);
  return dataset;
}

TEST(LocoTest, EveryCenterWithPrognosisLabelsIsLeftOutOnce) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto protocol, MakeFolds(ThreeCenters(), 0.1, 1));
  ASSERT_EQ(protocol.folds.size(), 2U);
  EXPECT_EQ(protocol.folds[0].name, "A");
  EXPECT_EQ(protocol.folds[1].name, "B");
  EXPECT_EQ(protocol.folds[0].sites.size(), 2U);
}

TEST(LocoTest, AllImagesOfTheLeftOutCenterAreTheTest) {
  const Dataset dataset = ThreeCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto protocol, MakeFolds(dataset, 0.1, 1));
  for (const Fold& fold : protocol.folds) {
    const Indices train = PooledTraining(fold);
    for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
      const bool left_out = dataset.samples[i].center == fold.name;
      const auto index = static_cast<std::int64_t>(i);
      EXPECT_EQ(std::count(fold.test.begin(), fold.test.end(), index), left_out ? 1 : 0);
      EXPECT_FALSE(left_out && std::count(train.begin(), train.end(), index) > 0);
    }
  }
}

TEST(LocoTest, NoPatientIsInTwoOfTrainingValidationAndTest) {
  const Dataset dataset = ThreeCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto protocol, MakeFolds(dataset, 0.3, 7));
  for (const Fold& fold : protocol.folds) {
    const std::set<std::string> parts[] = {PatientsOf(dataset, fold.test),
                                           PatientsOf(dataset, PooledTraining(fold)),
                                           PatientsOf(dataset, PooledValidation(fold))};
    for (int a = 0; a < 3; ++a) {
      EXPECT_FALSE(parts[a].empty());
      for (int b = a + 1; b < 3; ++b) {
        std::vector<std::string> both;
        std::set_intersection(parts[a].begin(), parts[a].end(), parts[b].begin(), parts[b].end(),
                              std::back_inserter(both));
        EXPECT_THAT(both, IsEmpty());
      }
    }
  }
}

TEST(LocoTest, ASiteHasTheSameSplitInEveryFoldAndInItsOwnDaemon) {
  const Dataset dataset = ThreeCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto protocol, MakeFolds(dataset, 0.1, 3));
  const auto find = [](const Fold& fold) {
    return std::find_if(fold.sites.begin(), fold.sites.end(),
                        [](const SiteSplit& site) { return site.center == "X"; })
        ->split;
  };
  const Split first = find(protocol.folds[0]);
  EXPECT_EQ(first.train, find(protocol.folds[1]).train);
  EXPECT_EQ(first.validation, find(protocol.folds[1]).validation);

  Dataset alone;
  alone.tasks = dataset.tasks;
  Add(alone, "X", 20, false, true);
  Indices all(alone.samples.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const Split own = SplitByPatient(alone, all, 0.1, 3, "X");
  EXPECT_EQ(PatientsOf(alone, own.validation), PatientsOf(dataset, first.validation));
}

TEST(LocoTest, APatientInTwoCentersIsRefused) {
  Dataset dataset = ThreeCenters();
  dataset.samples[0].patient = "A3";
  EXPECT_STATUS(MakeFolds(dataset, 0.1, 1), StatusCode::kInvalidArgument, "patient 'A3'");
}

TEST(LocoTest, OneCenterIsTooFew) {
  Dataset dataset;
  dataset.tasks = {PrognosisTask(), *BrixiaTask("zones")};
  Add(dataset, "A", 4, true, false);
  EXPECT_STATUS(MakeFolds(dataset, 0.1, 1), StatusCode::kInvalidArgument,
                "cohort has one center ('A'), leave-one-center-out needs at least two");
  Add(dataset, "X", 4, false, true);
  EXPECT_STATUS(MakeFolds(dataset, 0.1, 1), StatusCode::kInvalidArgument,
                "only 'A' has prognosis labels");
}

TEST(LocoTest, ACenterOfOneClassIsNamed) {
  Dataset dataset = ThreeCenters();
  for (Sample& sample : dataset.samples) {
    if (sample.center == "A") sample.labels[0] = {1};
  }
  EXPECT_THAT(
      OneClassCenters(dataset, 0),
      ElementsAre("center 'A': all 24 prognosis labels are severe; its AUROC is undefined"));
}

}  // namespace
}  // namespace consilium
