#include "common/data/splits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace consilium {
namespace {

/// `labels[p]`: prognosis of patient p (-1: none), who has `images` images.
Dataset Cohort(const std::vector<int>& labels, int images = 1) {
  Dataset dataset;
  dataset.tasks = {PrognosisTask()};
  for (int image = 0; image < images; ++image) {
    for (std::size_t p = 0; p < labels.size(); ++p) {
      Sample sample;
      sample.patient = "patient " + std::to_string(p);
      sample.center = p % 2 == 0 ? "B" : "A";
      sample.labels.push_back(labels[p] < 0 ? std::vector<int>{} : std::vector<int>{labels[p]});
      dataset.samples.push_back(sample);
    }
  }
  return dataset;
}

Indices AllOf(const Dataset& dataset) {
  Indices all(dataset.samples.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  return all;
}

std::set<std::string> PatientsOf(const Dataset& dataset, const Indices& indices) {
  std::set<std::string> patients;
  for (const std::int64_t index : indices) patients.insert(dataset.samples[index].patient);
  return patients;
}

std::vector<int> Repeat(int mild, int severe) {
  std::vector<int> labels(mild, 0);
  labels.insert(labels.end(), severe, 1);
  return labels;
}

TEST(SplitByPatientTest, NoPatientIsOnBothSidesAndNoImageIsLost) {
  const Dataset dataset = Cohort(Repeat(14, 9), 3);
  const Split split = SplitByPatient(dataset, AllOf(dataset), 0.2, 1, "A");
  const auto train = PatientsOf(dataset, split.train);
  const auto validation = PatientsOf(dataset, split.validation);
  std::vector<std::string> both;
  std::set_intersection(train.begin(), train.end(), validation.begin(), validation.end(),
                        std::back_inserter(both));
  EXPECT_TRUE(both.empty());
  EXPECT_EQ(split.train.size() + split.validation.size(), dataset.samples.size());
  EXPECT_EQ(validation.size(), 5U);  // round(0.2 * 23)
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
}

TEST(SplitByPatientTest, ClassesKeepTheirShares) {
  const Dataset dataset = Cohort(Repeat(30, 10));
  const Split split = SplitByPatient(dataset, AllOf(dataset), 0.2, 1, "A");
  EXPECT_EQ(CountClasses(dataset, split.validation, 0), (std::vector<std::int64_t>{6, 2}));
}

TEST(SplitByPatientTest, LastPatientOfAClassStaysInTraining) {
  const Dataset dataset = Cohort(Repeat(3, 1));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Split split = SplitByPatient(dataset, AllOf(dataset), 0.9, seed, "A");
    EXPECT_EQ(CountClasses(dataset, split.train, 0), (std::vector<std::int64_t>{1, 1}));
  }
}

TEST(SplitByPatientTest, TwoPatientsOfOneClassGiveOneEach) {
  const Dataset dataset = Cohort(Repeat(2, 0));
  const Split split = SplitByPatient(dataset, AllOf(dataset), 0.01, 1, "A");
  EXPECT_EQ(split.train.size(), 1U);
  EXPECT_EQ(split.validation.size(), 1U);
}

TEST(SplitByPatientTest, SinglePatientAndFractionZeroStayInTraining) {
  const Dataset one = Cohort({1}, 4);
  EXPECT_TRUE(SplitByPatient(one, AllOf(one), 0.5, 1, "A").validation.empty());
  const Dataset many = Cohort(Repeat(9, 9));
  EXPECT_TRUE(SplitByPatient(many, AllOf(many), 0, 1, "A").validation.empty());
  EXPECT_TRUE(SplitByPatient(many, {}, 0.5, 1, "A").train.empty());
}

TEST(SplitByPatientTest, DependsOnSeedAndNameButNotOnTheOrderOfIndices) {
  const Dataset dataset = Cohort(Repeat(30, 30));
  Indices backwards = AllOf(dataset);
  std::reverse(backwards.begin(), backwards.end());
  const Split split = SplitByPatient(dataset, AllOf(dataset), 0.2, 1, "A");
  EXPECT_EQ(split.validation, SplitByPatient(dataset, backwards, 0.2, 1, "A").validation);
  EXPECT_NE(split.validation, SplitByPatient(dataset, backwards, 0.2, 1, "B").validation);
  EXPECT_NE(split.validation, SplitByPatient(dataset, backwards, 0.2, 2, "A").validation);
}

TEST(SplitUsableTest, AnImageThatIsSetAsideMovesNoPatientToTheOtherSide) {
  const Dataset whole = Cohort(Repeat(12, 8));
  const Split before = SplitUsable(whole, 0.25, 1, "A");
  EXPECT_EQ(before.validation, SplitByPatient(whole, AllOf(whole), 0.25, 1, "A").validation);
  for (const std::size_t bad : {std::size_t{0}, std::size_t{7}, std::size_t{19}}) {
    Dataset rest = whole;
    rest.set_aside.push_back({rest.samples[bad], "cut off"});
    rest.samples.erase(rest.samples.begin() + static_cast<std::ptrdiff_t>(bad));
    const Split after = SplitUsable(rest, 0.25, 1, "A");
    std::set<std::string> training = PatientsOf(whole, before.train);
    std::set<std::string> validation = PatientsOf(whole, before.validation);
    training.erase(whole.samples[bad].patient);
    validation.erase(whole.samples[bad].patient);
    EXPECT_EQ(PatientsOf(rest, after.train), training);
    EXPECT_EQ(PatientsOf(rest, after.validation), validation);
  }
}

TEST(GroupByCenterTest, ListsCentersByName) {
  const auto centers = GroupByCenter(Cohort({0, 1, 0}));
  ASSERT_EQ(centers.size(), 2U);
  EXPECT_EQ(centers[0], (std::pair<std::string, Indices>{"A", {1}}));
  EXPECT_EQ(centers[1], (std::pair<std::string, Indices>{"B", {0, 2}}));
}

}  // namespace
}  // namespace consilium
