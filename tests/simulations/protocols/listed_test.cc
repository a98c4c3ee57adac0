// Small made-up lists with each fault of the published ones.

#include "simulations/protocols/listed.h"

#include "tests/support/made_up_cohort.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace consilium {
namespace {

namespace fs = std::filesystem;

struct Listed {
  std::string id, rest;  ///< label and center, as a line has them
};

class ListedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dataset_.tasks = {PrognosisTask(), *BrixiaTask("zones")};
    const std::string centers = "ADEFBC";  // the order of the published folds
    for (int i = 0; i < 30; ++i) {
      const std::string id = i == 7 ? "P_3_411" : "P_" + std::to_string(i);
      const std::string center(1, i < 18 ? 'F' : centers[static_cast<std::size_t>(i) % 6]);
      prognosis_.push_back({id, (i % 2 == 0 ? "MILD " : "SEVERE ") + center});
      Add(id, center, true, i);
    }
    const std::string makers[] = {"SIEMENS", "AGFA", "CARESTREAM"};
    const std::string scores[] = {"131113", "1000", "12"};
    for (int i = 0; i < 15; ++i) {
      const std::string id =
          (i == 0 ? "1844261605729237795" : "55") + std::to_string(i % 10) + (i < 10 ? "" : "1");
      severity_.push_back({id, "BIG [" + scores[i % 3] + "] " + makers[i % 3]});
      Add(id, makers[i % 3], false, i);
    }
    WriteAll("AFC/all.txt", "img label center ", prognosis_, 1);
    WriteAll("BX/all.txt", "img label_dim scores center", severity_, 2);
    for (int k = 0; k < 5; ++k) {
      WriteFold("AFC/5/", k, prognosis_, k, 5, "img label center");
      WriteFold("BX/5/", k, severity_, k, 5, "img label_dim scores center");
    }
    for (int k = 0; k < 6; ++k) WriteHospital(k, std::string(1, centers[k]));
    for (int k = 0; k < 3; ++k) {
      WriteFold("BX/loCo/", k, severity_, k, 4, "img label_dim scores center");
    }
  }

  void Add(const std::string& id, const std::string& center, bool prognosis, int i) {
    Sample sample{"imgs/" + id + ".dcm", id, center, {{}, {}}};
    if (prognosis) {
      sample.labels[0] = {i % 2};
    } else {
      const std::vector<int> scores[] = {
          {1, 3, 1, 1, 1, 3}, {0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 1, 2}};
      sample.labels[1] = scores[i % 3];
    }
    dataset_.samples.push_back(std::move(sample));
  }

  std::ofstream Open(const std::string& name, const std::string& header) {
    fs::create_directories(fs::path(folder_.File(name)).parent_path());
    std::ofstream file(folder_.File(name));
    file << header << "\n";
    return file;
  }
  void WriteAll(const std::string& name, const std::string& header, const std::vector<Listed>& all,
                int) {
    std::ofstream file = Open(name, header);
    for (const Listed& row : all) {
      file << row.id << " " << row.rest.substr(0, row.rest.rfind(' ')) << "\n";
    }
  }
  /// Image i is tested where i % parts == part; of the rest the first train but for one that is
  /// forgotten (the last), and two validate. Rows of severity training have an empty field.
  void WriteFold(const std::string& start, int k, const std::vector<Listed>& all, int part,
                 int parts, const std::string& header) {
    std::vector<Listed> rest;
    const std::string path = start + std::to_string(k);
    std::ofstream test = Open(path + "/test.txt", header);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (static_cast<int>(i) % parts == part) {
        test << all[i].id << " " << all[i].rest << "\n";
      } else {
        rest.push_back(all[i]);
      }
    }
    WriteRest(path, rest, header);
  }
  void WriteHospital(int k, const std::string& center) {
    std::vector<Listed> rest;
    const std::string path = "AFC/loCo/" + std::to_string(k);
    std::ofstream test = Open(path + "/test.txt", "img label center");
    for (const Listed& row : prognosis_) {
      if (row.rest.ends_with(" " + center)) {
        test << row.id << " " << row.rest << "\n";
      } else {
        rest.push_back(row);
      }
    }
    WriteRest(path, rest, "img label center");
  }
  void WriteRest(const std::string& path, const std::vector<Listed>& rest,
                 const std::string& header) {
    std::ofstream train = Open(path + "/train.txt", header);
    std::ofstream validation = Open(path + "/val.txt", header);
    const bool empty = path.starts_with("BX/loCo");
    for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
      const std::string text = empty ? rest[i].rest.substr(3) : rest[i].rest;
      (i < 2 ? validation : train) << rest[i].id << " " << text << "\n";
    }
  }

  Result<FoldSet> Make(ProtocolKind kind, ListMode mode) {
    const ProtocolOptions options{kind, folder_.path(), mode};
    CONSILIUM_ASSIGN_OR_RETURN(const PublishedLists lists, ReadListsOf(options));
    return MakeProtocolFolds(dataset_, options, &lists, 0.1, 1);
  }

  static std::int64_t CountOf(const FoldSet& set, const std::string& fault) {
    for (const ListFault& found : set.faults) {
      if (found.name == fault) return found.count;
    }
    return 0;
  }
  static bool Has(const Dataset& dataset, const Indices& indices, const std::string& id) {
    return std::any_of(indices.begin(), indices.end(),
                       [&](std::int64_t i) { return ListId(dataset.samples[i].image) == id; });
  }

  TempFolder folder_;
  Dataset dataset_;
  std::vector<Listed> prognosis_, severity_;
};

TEST_F(ListedTest, FaultsAreCounted) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set,
                                 Make(ProtocolKind::kLoco6, ListMode::kCorrected));
  EXPECT_EQ(CountOf(set, "lost-zeros"), 10);
  EXPECT_EQ(CountOf(set, "trailing-blank"), 1);
  EXPECT_EQ(CountOf(set, "long-ids"), 1);
  EXPECT_EQ(CountOf(set, "ids-to-drop"), 1);
  EXPECT_EQ(CountOf(set, "left-out-ids"), 6 + 3);
  EXPECT_EQ(CountOf(set, "one-center-dominates"), 20);
  EXPECT_GT(CountOf(set, "empty-fields"), 0);
  EXPECT_GT(CountOf(set, "mixed-makers"), 0);
  EXPECT_EQ(CountOf(set, "scores-differ"), 0);
}

TEST_F(ListedTest, CorrectedSeverityTestsAreWholeGroupsOfMakers) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set,
                                 Make(ProtocolKind::kLoco18, ListMode::kCorrected));
  ASSERT_EQ(set.folds.size(), 18U);
  EXPECT_EQ(set.folds[1].name, "A+AGFA");
  for (const std::int64_t i : set.folds[1].test) {
    const std::string& center = dataset_.samples[i].center;
    EXPECT_TRUE(center == "A" || center == "AGFA") << center;
  }
  EXPECT_EQ(std::count_if(set.folds[1].sites.begin(), set.folds[1].sites.end(),
                          [](const SiteSplit& site) { return site.center == "AGFA"; }),
            0);
}

TEST_F(ListedTest, PublishedSeverityTestsAreTakenAndNamedAsTheyStand) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set,
                                 Make(ProtocolKind::kLoco6, ListMode::kAsPublished));
  EXPECT_EQ(set.folds[0].name, "A+list0");
  EXPECT_TRUE(Has(dataset_, set.folds[0].test, severity_[4].id));
  EXPECT_EQ(dataset_.samples[30 + 4].center, "AGFA");
}

TEST_F(ListedTest, CorrectedDropsTheIdThatThePublishedCodeKeeps) {
  for (const ListMode mode : {ListMode::kCorrected, ListMode::kAsPublished}) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(ProtocolKind::kCv, mode));
    const bool present = std::any_of(set.folds.begin(), set.folds.end(), [&](const Fold& fold) {
      return Has(dataset_, fold.test, "P_3_411");
    });
    EXPECT_EQ(present, mode == ListMode::kAsPublished);
  }
}

TEST_F(ListedTest, CorrectedTrainsOnForgottenIds) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet fixed,
                                 Make(ProtocolKind::kCv, ListMode::kCorrected));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet kept,
                                 Make(ProtocolKind::kCv, ListMode::kAsPublished));
  EXPECT_TRUE(Has(dataset_, PooledTraining(fixed.folds[0]), "P_29"));
  EXPECT_FALSE(Has(dataset_, PooledTraining(kept.folds[0]), "P_29"));
  EXPECT_EQ(CountOf(kept, "left-out-ids"), 10);
}

TEST_F(ListedTest, CorrectedKeepsAPatientOutOfTrainingAndTest) {
  for (Sample& sample : dataset_.samples) {
    if (sample.patient == "P_0" || sample.patient == "P_6") sample.patient = "P_0";
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet fixed,
                                 Make(ProtocolKind::kCv, ListMode::kCorrected));
  EXPECT_GT(CountOf(fixed, "patients-across"), 0);
  EXPECT_TRUE(Has(dataset_, fixed.folds[0].test, "P_0"));
  EXPECT_FALSE(Has(dataset_, PooledTraining(fixed.folds[0]), "P_6"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet kept,
                                 Make(ProtocolKind::kCv, ListMode::kAsPublished));
  EXPECT_EQ(CountOf(kept, "patients-across"), CountOf(fixed, "patients-across"));
}

TEST_F(ListedTest, PublishedScoresFillFromTheLeftEnd) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const PublishedLists lists,
      ReadPublishedLists(folder_.path(), ListScheme::kFiveFold, ListMode::kAsPublished));
  const Dataset changed = WithPublishedScores(dataset_, lists);
  EXPECT_EQ(changed.samples[31].labels[1], (std::vector<int>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(changed.samples[30].labels[1], dataset_.samples[30].labels[1]);
  EXPECT_EQ(SixZones("12", ListMode::kCorrected), "000012");
}

TEST_F(ListedTest, ACohortOfOtherNamesIsRefused) {
  dataset_ = NineCenters();
  EXPECT_STATUS(Make(ProtocolKind::kCv, ListMode::kCorrected), StatusCode::kInvalidArgument,
                "no image of the cohort is named in the lists");
}

TEST_F(ListedTest, ImagesOutsideTheListsAreCountedAndLeftOut) {
  AddCenter(dataset_, "Z", 3, true, 1);
  dataset_.samples.erase(dataset_.samples.begin());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const FoldSet set, Make(ProtocolKind::kCv, ListMode::kCorrected));
  EXPECT_EQ(CountOf(set, "not-in-lists"), 3);
  EXPECT_EQ(CountOf(set, "not-in-cohort"), 1);
}

TEST_F(ListedTest, AWrongLineIsNamed) {
  std::ofstream(folder_.File("BX/5/0/val.txt"), std::ios::app) << "551 BIG [1911] AGFA\n";
  EXPECT_STATUS(Make(ProtocolKind::kCv, ListMode::kCorrected), StatusCode::kInvalidArgument,
                "scores: '[1911]'");
  fs::remove(folder_.File("BX/5/0/val.txt"));
  EXPECT_STATUS(Make(ProtocolKind::kCv, ListMode::kCorrected), StatusCode::kInvalidArgument,
                "folds");
}

}  // namespace
}  // namespace consilium
