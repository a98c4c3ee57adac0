#include "simulations/report/write_report.h"

#include "simulations/results/summary_file.h"
#include "tests/simulations/report/sample_study.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <filesystem>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Millis kLimit{60'000};

class WriteReportTest : public ::testing::Test {
 protected:
  void SetUp() override { WriteSampleStudy(study_); }

  /// The message of a report that cannot be made.
  std::string Fault(const std::vector<std::string>& folders, const std::string& out = "") {
    const Status status = WriteReport(folders, out);
    EXPECT_FALSE(status.ok());
    return status.message();
  }

  TempFolder folder_;
  std::string study_ = folder_.File("study");
};

TEST_F(WriteReportTest, EveryTableValueIsThatOfSummaryJson) {
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  Process check({CONSILIUM_PYTHON, std::string(CONSILIUM_TEST_SOURCE_DIR) + "/check_report.py",
                 study_ + "/report.html", study_},
                folder_.File("check"));
  EXPECT_EQ(check.Wait(kLimit).value_or(-1), 0) << check.Output() << check.Errors();
}

TEST_F(WriteReportTest, StudyOfSeveralBackbonesShowsThemAllAndTheirMean) {
  Summary summary = SampleSummary();
  for (const char* backbone : {"densenet121", "mobilenet_v2"}) {
    for (Row& row : SampleSummary(backbone).rows) {
      row.metrics.accuracy = row.metrics.accuracy.value_or(0.5) - 0.01;
      summary.rows.push_back(std::move(row));
    }
  }
  WriteFile(study_ + "/summary.json", FormatSummary(summary));
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  const std::string page = FileText(study_ + "/report.html");
  for (const char* part : {"mean over 3 backbones", "Each backbone by itself", ">mean of 3</th>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST_F(WriteReportTest, PageShowsPaperSettingsVersionAndHowToRepeat) {
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  const std::string page = FileText(study_ + "/report.html");
  for (const char* part :
       {"paper 0.657", "commit 1a2b3c", "23f3c2a817d6ce90", "32 of 40", "Not a medical device",
        "center C: &lt;one&gt; class only", "--cohort &#39;cohorts/a &amp; b/manifest.csv&#39;",
        "--weights &#39;w &lt;1&gt;.pth&#39;", "--no-augment", "--methods stl", "--seed 1,2",
        "Learning curves", "mdmt-central, step 2: 0.750, 8 trainings", "Does joining help?",
        "Site C does better alone than in mdmt-federated: Accuracy -", "Agreement of sites",
        "mdmt-federated, step 3: -0.100, 8 trainings", "Time and communication",
        "St. &lt;Mary&gt; &amp; &quot;Söhne&quot; 50%_a"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("<Mary>")));
}

TEST_F(WriteReportTest, TablesForProgramsAndPapersLieBesideThePage) {
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  const std::string csv = FileText(study_ + "/report/tables/loco_prognosis.csv");
  EXPECT_THAT(csv, HasSubstr("loco,prognosis,auroc,C,stl,resnet18,1,2,6,,,,\n"));
  EXPECT_THAT(csv, HasSubstr(R"(,"St. <Mary> & ""Söhne"" 50%_a",)"));
  const std::string tex = FileText(study_ + "/report/tables/loco_prognosis_auroc.tex");
  EXPECT_THAT(tex, HasSubstr(R"(St. \textless{}Mary\textgreater{} \&)"));
  EXPECT_THAT(tex, HasSubstr("C & -- & -- & -- & -- \\\\\n"));
  EXPECT_THAT(tex, HasSubstr("\\mathbf{"));
  EXPECT_THAT(FileText(study_ + "/report/tables/loco_prognosis_accuracy.tex"),
              HasSubstr("paper (arXiv 2405.13771) &  &  & $0.657$ & "));
  EXPECT_THAT(FileText(study_ + "/report/tables/cost.csv"),
              HasSubstr("mdmt-federated,resnet18,8,3.0,360.0,48.0,12.0,3.4\n"));
  EXPECT_THAT(FileText(study_ + "/report/tables/joining_loco_prognosis.csv"),
              HasSubstr("C,mdmt-federated,3,"));
  EXPECT_THAT(FileText(study_ + "/report/tables/tests_loco_prognosis.tex"),
              HasSubstr("\\begin{tabular}{llrrrrrrr}"));
  EXPECT_THAT(FileText(study_ + "/report/figures/roc_loco_prognosis_mean.svg"), HasSubstr("AUROC"));
}

TEST_F(WriteReportTest, SameStudyGivesTheSameBytes) {
  ASSERT_EQ(WriteReport({study_}, folder_.File("a.html")), OkStatus());
  ASSERT_EQ(WriteReport({study_}, folder_.File("b.html")), OkStatus());
  EXPECT_EQ(FileText(folder_.File("a.html")), FileText(folder_.File("b.html")));
}

TEST_F(WriteReportTest, SummaryAloneMakesAPage) {
  for (const char* name : {"/settings.json", "/study.json", "/predictions", "/trainings"}) {
    fs::remove_all(study_ + name);
  }
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  EXPECT_THAT(FileText(study_ + "/report.html"), Not(HasSubstr("ROC: ")));
}

TEST_F(WriteReportTest, StudyWithoutResultsMakesAPage) {
  WriteFile(study_ + "/summary.json",
            R"({"version": "v", "cohort": "c", "seeds": [], "backbones": [], "rows": []})");
  EXPECT_EQ(WriteReport({study_}, ""), OkStatus());
}

TEST_F(WriteReportTest, MissingPredictionsAreSaid) {
  fs::remove(study_ + "/predictions/p3.csv");
  ASSERT_EQ(WriteReport({study_}, ""), OkStatus());
  EXPECT_THAT(FileText(study_ + "/report.html"), HasSubstr("The curves lack 1 "));
}

TEST_F(WriteReportTest, StudiesAreComparedSideBySide) {
  const std::string other = folder_.File("other");
  WriteSampleStudy(other);
  WriteFile(other + "/settings.json", R"({"methods": "stl", "dropout": "0.25"})");
  ASSERT_EQ(WriteReport({study_, other}, folder_.File("both.html")), OkStatus());
  const std::string page = FileText(folder_.File("both.html"));
  for (const char* part : {"Studies compared", "data-study=\"study\"", "data-study=\"other\"",
                           "<td>dropout</td><td>none</td><td>0.25</td>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_TRUE(fs::exists(folder_.File("both/tables/2_other_loco_brixia.csv")));
  EXPECT_THAT(page, Not(HasSubstr("All studies together")));
}

TEST_F(WriteReportTest, StudiesOfSeveralBackbonesAreAlsoShownOverThem) {
  const std::string other = folder_.File("other");
  WriteSampleStudy(other, "densenet121");
  ASSERT_EQ(WriteReport({study_, other}, folder_.File("both.html")), OkStatus());
  EXPECT_THAT(FileText(folder_.File("both.html")), HasSubstr("mean over 2 backbones"));
  EXPECT_THAT(FileText(folder_.File("both.html")), HasSubstr(">mean of 2</th>"));
}

TEST_F(WriteReportTest, FaultsOfForeignFilesNameTheFile) {
  EXPECT_THAT(Fault({folder_.File("none")}), HasSubstr("none/summary.json: no such file"));
  WriteFile(study_ + "/predictions/p3.csv", "image\n");
  EXPECT_THAT(Fault({study_}), HasSubstr("p3.csv:1: header"));
  WriteFile(study_ + "/trainings/t0.json", "{}");
  EXPECT_THAT(Fault({study_}), HasSubstr("t0.json: not as written"));
  WriteFile(study_ + "/study.json", "{}");
  EXPECT_THAT(Fault({study_}), HasSubstr("study.json: not as written"));
  WriteFile(study_ + "/settings.json", R"({"seed": 1})");
  EXPECT_THAT(Fault({study_}), HasSubstr("settings.json: seed: expected a text"));
  WriteFile(study_ + "/summary.json", "{\"version\":\n1,}");
  EXPECT_THAT(Fault({study_}), HasSubstr("line 2"));
}

TEST_F(WriteReportTest, WrongUseIsNamed) {
  EXPECT_THAT(Fault({}), HasSubstr("no folder given"));
  EXPECT_THAT(Fault({study_, folder_.File("other")}), HasSubstr("--out FILE.html"));
  EXPECT_THAT(Fault({study_}, folder_.File("page.txt")), HasSubstr("a name in .html"));
  EXPECT_THAT(Fault({study_, study_ + "/."}, folder_.File("page.html")),
              HasSubstr("is named twice"));
}

}  // namespace
}  // namespace consilium
