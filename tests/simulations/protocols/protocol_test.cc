#include "simulations/protocols/protocol.h"

#include "simulations/protocols/drawn.h"
#include "simulations/protocols/loco.h"
#include "simulations/protocols/preset.h"
#include "tests/support/made_up_cohort.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <map>
#include <set>

namespace consilium {
namespace {

using ::testing::HasSubstr;

constexpr ProtocolKind kAll[] = {ProtocolKind::kLoco, ProtocolKind::kLoco6, ProtocolKind::kLoco18,
                                 ProtocolKind::kCv, ProtocolKind::kHoldout};

Result<FoldSet> Make(const Dataset& dataset, ProtocolKind kind, std::uint64_t seed = 1) {
  ProtocolOptions options;
  options.kind = kind;
  return MakeProtocolFolds(dataset, options, nullptr, ValidationFraction(kind, 0.1), seed);
}

std::string LinesOf(const Dataset& dataset, const FoldSet& set) {
  return FoldLines(dataset, set, 1);
}

TEST(ProtocolTest, NoPatientIsInTwoPartsOfAnyFoldOfAnyProtocol) {
  const Dataset dataset = NineCenters();
  for (const ProtocolKind kind : kAll) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(dataset, kind));
    for (const Fold& fold : set.folds) {
      const auto test = PatientsOf(dataset, fold.test);
      const auto train = PatientsOf(dataset, PooledTraining(fold));
      const auto validation = PatientsOf(dataset, PooledValidation(fold));
      std::set<std::string> all = test;
      all.insert(train.begin(), train.end());
      all.insert(validation.begin(), validation.end());
      EXPECT_EQ(all.size(), test.size() + train.size() + validation.size())
          << ToString(kind) << " " << fold.name;
      EXPECT_FALSE(test.empty() || train.empty() || validation.empty());
    }
  }
}

TEST(ProtocolTest, FoldsAreEqualForEqualSeedsAndDifferForOthers) {
  const Dataset dataset = NineCenters();
  for (const ProtocolKind kind : kAll) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet one, Make(dataset, kind));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet again, Make(dataset, kind));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet other, Make(dataset, kind, 2));
    EXPECT_EQ(LinesOf(dataset, one), LinesOf(dataset, again));
    EXPECT_NE(LinesOf(dataset, one), LinesOf(dataset, other));
  }
}

TEST(ProtocolTest, ASiteThatDrawsItsOwnSplitFindsThatOfTheFold) {
  const Dataset dataset = NineCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(dataset, ProtocolKind::kCv));
  for (const Fold& fold : set.folds) {
    for (const SiteSplit& site : fold.sites) {
      Dataset own;
      own.tasks = dataset.tasks;
      Indices images = site.split.train;
      images.insert(images.end(), site.split.validation.begin(), site.split.validation.end());
      std::sort(images.begin(), images.end());
      Indices all;
      for (const std::int64_t i : images) {
        all.push_back(static_cast<std::int64_t>(own.samples.size()));
        own.samples.push_back(dataset.samples[i]);
      }
      const double fraction = ValidationFraction(ProtocolKind::kCv, 0.1);
      const Split drawn = SplitByPatient(own, all, fraction, 1, site.center);
      EXPECT_EQ(PatientsOf(own, drawn.validation), PatientsOf(dataset, site.split.validation));
    }
  }
}

TEST(ProtocolTest, EveryImageIsTestedInOneFoldOfFive) {
  const Dataset dataset = NineCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(dataset, ProtocolKind::kCv));
  ASSERT_EQ(set.folds.size(), 5U);
  std::vector<int> tested(dataset.samples.size());
  for (const Fold& fold : set.folds) {
    for (const std::int64_t i : fold.test) ++tested[i];
  }
  EXPECT_EQ(std::count(tested.begin(), tested.end(), 1), std::ssize(tested));
}

TEST(ProtocolTest, FoldsDifferByAtMostOnePatientPerCenterAndClass) {
  const Dataset dataset = NineCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(dataset, ProtocolKind::kCv));
  std::map<std::string, std::vector<std::size_t>> counts;  // of each fold
  for (std::size_t f = 0; f < set.folds.size(); ++f) {
    std::map<std::string, std::set<std::string>> patients;
    for (const std::int64_t i : set.folds[f].test) {
      const Sample& sample = dataset.samples[i];
      patients[sample.center].insert(sample.patient);
      if (sample.labels[0].empty()) continue;
      patients[sample.center + FormatLabel(dataset.tasks[0], sample.labels[0])].insert(
          sample.patient);
    }
    for (const auto& [group, names] : patients) {
      counts[group].resize(set.folds.size());
      counts[group][f] = names.size();
    }
  }
  EXPECT_EQ(counts.size(), 9U + 12U);
  for (const auto& [group, of_folds] : counts) {
    const auto [least, most] = std::minmax_element(of_folds.begin(), of_folds.end());
    EXPECT_LE(*most - *least, 1U) << group;
  }
}

TEST(ProtocolTest, HoldoutIsTheFirstOfTheFiveFolds) {
  const Dataset dataset = NineCenters();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet five, Make(dataset, ProtocolKind::kCv));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet one, Make(dataset, ProtocolKind::kHoldout));
  ASSERT_EQ(one.folds.size(), 1U);
  EXPECT_EQ(one.folds[0].name, "test");
  EXPECT_EQ(one.folds[0].test, five.folds[0].test);
}

TEST(ProtocolTest, Loco6LeavesOutAHospitalWithTheFirstSeverityGroup) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(NineCenters(), ProtocolKind::kLoco6));
  ASSERT_EQ(set.folds.size(), 6U);
  EXPECT_EQ(set.folds[0].name, "A+SIEMENS");
  EXPECT_EQ(set.folds[5].name, "F+SIEMENS");
  EXPECT_EQ(set.folds[0].sites.size(), 7U);
}

TEST(ProtocolTest, Loco18PairsEveryHospitalWithEveryGroupOfMakers) {
  Dataset dataset = NineCenters();
  AddCenter(dataset, "KODAK", 4, false);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(dataset, ProtocolKind::kLoco18));
  ASSERT_EQ(set.folds.size(), 18U);
  EXPECT_EQ(set.folds[0].name, "A+SIEMENS");
  EXPECT_EQ(set.folds[0].sites.size(), 7U);  // KODAK is left out with SIEMENS
  EXPECT_EQ(set.folds[1].name, "A+AGFA");
  EXPECT_EQ(set.folds[1].sites.size(), 8U);
  EXPECT_EQ(set.folds[17].name, "F+CARESTREAM");
}

TEST(ProtocolTest, OtherNumbersOfCentersAreRefusedForLoco6) {
  Dataset dataset = NineCenters();
  AddCenter(dataset, "G", 8, true);
  EXPECT_STATUS(Make(dataset, ProtocolKind::kLoco6), StatusCode::kInvalidArgument,
                "7 centers with prognosis labels");
}

TEST(ProtocolTest, APatientOfTwoCentersIsNamed) {
  Dataset dataset = NineCenters();
  for (Sample& sample : dataset.samples) {
    if (sample.patient == "B0" || sample.patient == "C1" || sample.patient == "D0") {
      sample.patient = "A0";
    }
  }
  EXPECT_STATUS(Make(dataset, ProtocolKind::kCv), StatusCode::kInvalidArgument, "patient 'A0'");
}

TEST(ProtocolTest, LocoRefusesLists) {
  ProtocolOptions options;
  options.lists = "somewhere";
  EXPECT_STATUS(ValidateProtocol(options), StatusCode::kInvalidArgument, "folds: protocol loco");
  EXPECT_STATUS(ParseProtocol("loco7"), StatusCode::kInvalidArgument,
                "expected one of loco, loco6, loco18, cv, holdout");
}

std::map<std::string, std::string> ValuesOf(std::string_view name) {
  std::map<std::string, std::string> values;
  const Result<Preset> preset = FindPreset(name);
  for (const PresetValue& value : preset->values) values[value.option] = value.value;
  return values;
}

TEST(PresetTest, HoldsTheValuesOfThePaper) {
  const std::map<std::string, std::string> paper = {{"methods", "stl,transfer,mdmt-central"},
                                                    {"image-size", "256"},
                                                    {"brixia", "zones"},
                                                    {"rounds", "300"},
                                                    {"local-epochs", "1"},
                                                    {"epochs", "300"},
                                                    {"batch-size", "128"},
                                                    {"learning-rate", "1e-3"},
                                                    {"weight-decay", "1e-4"},
                                                    {"dropout", "0.5"},
                                                    {"no-augment", "false"},
                                                    {"class-weights", "false"},
                                                    {"reduction", "labelled"},
                                                    {"warm-up", "40"},
                                                    {"plateau-patience", "15"},
                                                    {"patience", "40"},
                                                    {"precision", "fp32"},
                                                    {"folds-mode", "corrected"}};
  EXPECT_EQ(ValuesOf("paper"), paper);
}

TEST(PresetTest, PublishedSettingsDifferFromThePaperInFourValues) {
  std::map<std::string, std::string> expected = ValuesOf("paper");
  expected["weight-decay"] = "1e-5";
  expected["patience"] = "65";
  expected["reduction"] = "batch";
  expected["folds-mode"] = "as-published";
  EXPECT_EQ(ValuesOf("published-settings"), expected);
}

TEST(PresetTest, SaysWhatHasNoCounterpart) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Preset paper, FindPreset("paper"));
  EXPECT_THAT(paper.without, ::testing::Contains(HasSubstr("ImageNet")));
  EXPECT_STATUS(FindPreset("papers"), StatusCode::kInvalidArgument,
                "expected paper or published-settings");
}

TEST(PresetTest, NumbersAreTheSameHoweverWritten) {
  EXPECT_TRUE(SameValue("1e-3", "0.001"));
  EXPECT_FALSE(SameValue("1e-3", "0.01"));
  EXPECT_FALSE(SameValue("labelled", "batch"));
}

}  // namespace
}  // namespace consilium
