#include "simulations/synthetic/synthetic_cohort.h"

#include "simulations/synthetic/anatomy.h"
#include "tests/support/status_matchers.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>

namespace consilium {
namespace {

using Films = std::vector<SyntheticFilm>;

std::vector<TaskSpec> Tasks() { return {PrognosisTask(), BrixiaTask("zones").value()}; }

Films Plan(double scale, std::uint64_t seed = 1) {
  Result<Films> films = PlanSyntheticCohort({.seed = seed, .scale = scale}, Tasks());
  EXPECT_OK(films);
  return films.ok() ? *std::move(films) : Films{};
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = Mean(a);
  const double mean_b = Mean(b);
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

/// Patients per (center, outcome); outcome -1 where there is none.
std::map<std::pair<std::string, int>, std::size_t> CountPatients(const Films& films) {
  std::map<std::pair<std::string, int>, std::set<std::string>> patients;
  for (const SyntheticFilm& film : films) {
    const auto& outcome = film.sample.labels[0];
    patients[{film.sample.center, outcome.empty() ? -1 : outcome[0]}].insert(film.sample.patient);
  }
  std::map<std::pair<std::string, int>, std::size_t> counts;
  for (const auto& [key, ids] : patients) counts[key] = ids.size();
  return counts;
}

/// Share of cases that the best threshold on the mean disease tells right.
double BestAccuracy(const Films& films) {
  std::vector<std::pair<double, int>> cases;
  for (const SyntheticFilm& film : films) {
    if (film.sample.labels[0].empty()) continue;
    const auto& disease = film.disease;
    cases.emplace_back(std::accumulate(disease.begin(), disease.end(), 0.0),
                       film.sample.labels[0][0]);
  }
  std::sort(cases.begin(), cases.end());
  auto right =
      std::count_if(cases.begin(), cases.end(), [](const auto& one) { return one.second == 1; });
  auto best = right;
  for (const auto& [disease, severe] : cases) {
    right += severe == 1 ? -1 : 1;
    best = std::max(best, right);
  }
  return static_cast<double>(best) / static_cast<double>(cases.size());
}

TEST(SyntheticCohortTest, FollowsPublishedSizesAndBalanceByPatient) {
  auto patients = CountPatients(Plan(1.0));
  EXPECT_EQ(patients.size(), 6U * 2U + 3U);
  EXPECT_EQ((patients[{"A", 0}]), 35U);
  EXPECT_EQ((patients[{"A", 1}]), 85U);
  EXPECT_EQ((patients[{"F", 0}]), 544U);
  EXPECT_EQ((patients[{"F", 1}]), 426U);
  EXPECT_EQ((patients[{"SIEMENS", -1}]), 2197U);
}

TEST(SyntheticCohortTest, KeepsEightPatientsPerClassAtAnyScale) {
  const auto patients = CountPatients(Plan(0.001));
  EXPECT_EQ(patients.size(), 6U * 2U + 3U);
  for (const auto& [key, count] : patients) EXPECT_EQ(count, 8U) << key.first;
}

TEST(SyntheticCohortTest, EachCenterLabelsOneTask) {
  for (const SyntheticFilm& film : Plan(0.05)) {
    const bool prognosis = film.sample.center.size() == 1;
    EXPECT_EQ(film.sample.labels[0].size(), prognosis ? 1U : 0U);
    EXPECT_EQ(film.sample.labels[1].size(), prognosis ? 0U : 6U);
  }
}

TEST(SyntheticCohortTest, SomePatientsHaveTwoImagesWithOneOutcome) {
  const Films films = Plan(0.5);
  std::map<std::string, std::vector<const SyntheticFilm*>> by_patient;
  for (const SyntheticFilm& film : films) by_patient[film.sample.patient].push_back(&film);
  std::size_t twice = 0;
  for (const auto& [id, images] : by_patient) {
    if (images.size() < 2) continue;
    ++twice;
    ASSERT_EQ(images.size(), 2U);
    EXPECT_EQ(images[0]->sample.labels[0], images[1]->sample.labels[0]);
    EXPECT_EQ(images[0]->sample.center, images[1]->sample.center);
    EXPECT_EQ(images[0]->seeds.build, images[1]->seeds.build);
    EXPECT_NE(images[0]->seeds.film, images[1]->seeds.film);
  }
  EXPECT_NEAR(static_cast<double>(twice) / static_cast<double>(by_patient.size()), 0.1, 0.03);
}

TEST(SyntheticCohortTest, NamesAreUnique) {
  const Films films = Plan(1.0);
  std::set<std::string> images;
  std::map<std::string, std::string> center_of;
  for (const SyntheticFilm& film : films) {
    images.insert(film.sample.image);
    const auto first = center_of.try_emplace(film.sample.patient, film.sample.center).first;
    EXPECT_EQ(first->second, film.sample.center);
  }
  EXPECT_EQ(images.size(), films.size());
}

TEST(SyntheticCohortTest, SeverityPatientsAreTheSameAtEveryScale) {
  std::map<std::string, std::uint64_t> large;
  for (const SyntheticFilm& film : Plan(0.2)) large[film.sample.image] = film.seeds.film;
  for (const SyntheticFilm& film : Plan(0.1)) {
    ASSERT_TRUE(large.contains(film.sample.image));
    EXPECT_EQ(large[film.sample.image], film.seeds.film);
  }
}

TEST(SyntheticCohortTest, OrderAndPatientIdTellNothingOfTheOutcome) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    std::vector<double> place;
    std::vector<double> id;
    std::vector<double> outcome;
    for (const SyntheticFilm& film : Plan(1.0, seed)) {
      if (film.sample.center != "F") continue;
      place.push_back(static_cast<double>(place.size()));
      id.push_back(static_cast<double>(std::stoull(film.sample.patient, nullptr, 16)));
      outcome.push_back(film.sample.labels[0][0]);
    }
    // Three standard errors of no correlation, for about 1,070 images.
    EXPECT_LT(std::abs(Correlation(place, outcome)), 0.092);
    EXPECT_LT(std::abs(Correlation(id, outcome)), 0.092);
  }
}

TEST(SyntheticCohortTest, OutcomeIsPredictableButNotFully) {
  const double accuracy = BestAccuracy(Plan(2.0));
  EXPECT_GT(accuracy, 0.79);
  EXPECT_LT(accuracy, 0.86);
}

TEST(SyntheticCohortTest, BrixiaScoresCoverAllLevels) {
  std::array<int, 4> seen{};
  for (const SyntheticFilm& film : Plan(0.5)) {
    for (const int score : film.sample.labels[1]) ++seen.at(static_cast<std::size_t>(score));
  }
  const int all = std::accumulate(seen.begin(), seen.end(), 0);
  for (const int count : seen) EXPECT_GT(count, all / 10);
}

struct Box {
  int left, right, top, bottom;
};

double Brightness(const std::vector<std::uint16_t>& pixels, int size, const Box& box) {
  double sum = 0;
  for (int row = box.top; row < box.bottom; ++row) {
    for (int column = box.left; column < box.right; ++column) {
      sum += pixels[static_cast<std::size_t>(row) * static_cast<std::size_t>(size) +
                    static_cast<std::size_t>(column)];
    }
  }
  return sum;
}

TEST(SyntheticCohortTest, PicturesCarryEachZonesScore) {
  constexpr int kSize = 64;
  // Where the zones lie in an average chest, well inside the lungs.
  constexpr std::array<Box, 6> kBoxes = {{{17, 24, 15, 21},
                                          {15, 24, 24, 31},
                                          {14, 23, 33, 40},
                                          {40, 47, 15, 21},
                                          {42, 49, 24, 31},
                                          {47, 52, 34, 41}}};
  std::array<std::vector<double>, 6> brightness;
  std::array<std::vector<double>, 6> scores;
  for (const SyntheticFilm& film : Plan(0.1)) {
    if (film.sample.center != "SIEMENS") continue;
    const std::vector<std::uint16_t> pixels = Paint(film, kSize);
    for (std::size_t z = 0; z < kBoxes.size(); ++z) {
      brightness[z].push_back(Brightness(pixels, kSize, kBoxes[z]));
      scores[z].push_back(film.sample.labels[1][z]);
    }
  }
  for (std::size_t z = 0; z < kBoxes.size(); ++z) {
    EXPECT_GT(Correlation(brightness[z], scores[z]), 0.6) << "zone " << z;
  }
}

TEST(SyntheticCohortTest, ZonesAreThirdsOfEachLung) {
  RandomStream random(3);
  for (int patient = 0; patient < 50; ++patient) {
    const synthetic::Anatomy anatomy = synthetic::DrawAnatomy(random);
    for (const float x : {-0.42F, 0.42F}) {
      const auto high = synthetic::LookAt(anatomy, x, -0.5F);
      const auto low = synthetic::LookAt(anatomy, x, 0.28F);
      EXPECT_GT(high.lung, 0.9F);
      EXPECT_LT(high.depth, 1.0F / 3);
      EXPECT_GT(low.depth, 2.0F / 3);
      EXPECT_EQ(high.left, x > 0);
    }
  }
}

TEST(SyntheticCohortTest, CentersDifferInAcquisition) {
  const auto a = synthetic::CenterAcquisition(1, "A");
  const auto b = synthetic::CenterAcquisition(1, "B");
  EXPECT_NE(a.contrast, b.contrast);
  EXPECT_NE(a.noise, b.noise);
  EXPECT_EQ(a.gamma, synthetic::CenterAcquisition(1, "A").gamma);
}

TEST(SyntheticCohortTest, ImagesAreScaledAndDoNotDependOnThreads) {
  SyntheticOptions options{.seed = 7, .scale = 0.001, .image_size = 32, .threads = 1};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset one, MakeSyntheticCohort(options, Tasks()));
  options.threads = 3;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset three, MakeSyntheticCohort(options, Tasks()));
  ASSERT_EQ(one.images.dim(), 3);
  EXPECT_EQ(one.images.size(0), static_cast<std::int64_t>(one.samples.size()));
  EXPECT_EQ(one.images.size(2), 32);
  EXPECT_TRUE(torch::equal(one.images, three.images));
  EXPECT_TRUE((one.images.amin({1, 2}) == 0).all().item<bool>());
  EXPECT_TRUE((one.images.amax({1, 2}) == 1).all().item<bool>());
  options.seed = 8;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset other, MakeSyntheticCohort(options, Tasks()));
  EXPECT_FALSE(torch::equal(one.images[0], other.images[0]));
}

TEST(SyntheticCohortTest, RefusesImpossibleOptionsAndUnknownTasks) {
  EXPECT_STATUS(PlanSyntheticCohort({.scale = 0}, Tasks()), StatusCode::kInvalidArgument, "scale");
  EXPECT_STATUS(PlanSyntheticCohort({.image_size = 8}, Tasks()), StatusCode::kInvalidArgument,
                "image-size: 8");
  TaskSpec other = PrognosisTask();
  other.id = TaskId("survival");
  EXPECT_STATUS(PlanSyntheticCohort({}, {other}), StatusCode::kInvalidArgument, "'survival'");
}

}  // namespace
}  // namespace consilium
