#include "simulations/results/comparison.h"

#include "simulations/results/comparison_table.h"
#include "simulations/results/report.h"

#include <gmock/gmock.h>

#include <limits>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Row MakeRow(const std::string& left_out, const std::string& method, double accuracy,
            const std::string& backbone = "resnet18", std::uint64_t seed = 1) {
  Row row;
  row.left_out = left_out;
  row.method = method;
  row.backbone = backbone;
  row.task = "prognosis";
  row.seed = seed;
  row.metrics.accuracy = accuracy;
  return row;
}

constexpr const char* kCenters[] = {"A", "B", "C", "D", "E", "F"};

/// Six centers; mdmt-central gains 0.01, 0.02, ... 0.06, mdmt-federated loses as much.
std::vector<Row> Rows(const std::string& backbone = "resnet18", double gain = 0.01) {
  std::vector<Row> rows;
  rows.reserve(18);
  double accuracy = 0.7;
  double difference = 0;
  for (const char* center : kCenters) {
    accuracy += 0.03;
    difference += gain;
    rows.push_back(MakeRow(center, "stl", accuracy, backbone));
    rows.push_back(MakeRow(center, "mdmt-central", accuracy + difference, backbone));
    rows.push_back(MakeRow(center, "mdmt-federated", accuracy - difference, backbone));
  }
  return rows;
}

TEST(ComparisonTest, PairsCentersWithTheBaseline) {
  const std::vector<Comparison> all = CompareWithBaseline(Rows());
  ASSERT_EQ(all.size(), 2U);
  const Comparison& central = all[0];
  EXPECT_EQ(central.method, "mdmt-central");
  EXPECT_EQ(central.baseline, "stl");
  EXPECT_EQ(central.metric, "accuracy");
  EXPECT_EQ(central.backbone, "resnet18");
  EXPECT_EQ(central.t.n, 6U);
  EXPECT_NEAR(*central.t.mean_difference, 0.035, 1e-12);
  EXPECT_NEAR(*central.wilcoxon_p.two_sided, 2.0 / 64, 1e-12);
  EXPECT_NEAR(*central.wilcoxon_p.better, 1.0 / 64, 1e-12);
  EXPECT_NEAR(*central.t_p.better, *central.t_p.two_sided / 2, 1e-12);
  EXPECT_EQ(all[1].wilcoxon_p.better, 1.0);
}

TEST(ComparisonTest, CorrectsOverTheMethods) {
  const std::vector<Comparison> all = CompareWithBaseline(Rows());
  for (const Comparison& comparison : all) {  // both have the same two-sided p
    EXPECT_NEAR(*comparison.wilcoxon_p.holm_two_sided, 4.0 / 64, 1e-12);
    EXPECT_NEAR(*comparison.t_p.holm_two_sided, 2 * *comparison.t_p.two_sided, 1e-12);
  }
  EXPECT_NEAR(*all[0].wilcoxon_p.holm_better, 2.0 / 64, 1e-12);
  EXPECT_EQ(all[1].wilcoxon_p.holm_better, 1.0);
}

TEST(ComparisonTest, EqualDifferencesTieInSpiteOfRounding) {
  std::vector<Row> rows;
  for (const char* center : kCenters) {
    const double accuracy = 0.1 * (1 + center[0] - 'A');
    rows.push_back(MakeRow(center, "stl", accuracy));
    rows.push_back(MakeRow(center, "local", center[0] == 'A' ? accuracy - 0.1 : accuracy + 0.1));
  }
  const Comparison comparison = CompareWithBaseline(rows)[0];
  EXPECT_TRUE(comparison.wilcoxon.ties);
  EXPECT_EQ(comparison.wilcoxon.w_minus, 3.5);
}

TEST(ComparisonTest, OfAnErrorLessIsBetter) {
  std::vector<Row> rows = Rows();
  for (Row& row : rows) {
    row.metrics.l1 = row.metrics.accuracy;
    row.metrics.accuracy = std::nullopt;
  }
  const std::vector<Comparison> all = CompareWithBaseline(rows);
  EXPECT_EQ(all[0].metric, "l1");
  EXPECT_EQ(all[0].wilcoxon_p.better, 1.0);
  EXPECT_NEAR(*all[1].wilcoxon_p.better, 1.0 / 64, 1e-12);
}

TEST(ComparisonTest, UsesSeedsAndCentersThatBothHave) {
  std::vector<Row> rows = {
      MakeRow("A", "stl", 0.5, "resnet18", 1), MakeRow("A", "stl", 0.9, "resnet18", 2),
      MakeRow("B", "stl", 0.5, "resnet18", 1), MakeRow("A", "local", 0.7, "resnet18", 1),
      MakeRow("C", "local", 0.1, "resnet18", 1)};
  rows.push_back(MakeRow("B", "local", std::numeric_limits<double>::quiet_NaN()));
  const std::vector<Comparison> all = CompareWithBaseline(rows);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].t.n, 1U);
  EXPECT_NEAR(*all[0].t.mean_difference, 0.2, 1e-12);
}

TEST(ComparisonTest, SeveralBackbonesArePairedAsWell) {
  std::vector<Row> rows = Rows();
  const std::vector<Row> more = Rows("densenet121", 0.02);
  rows.insert(rows.end(), more.begin(), more.end());
  const std::vector<Comparison> all = CompareWithBaseline(rows);
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[2].backbone, "densenet121");
  EXPECT_EQ(all[4].backbone, std::nullopt);
  EXPECT_EQ(all[4].t.n, 2U);
  EXPECT_NEAR(*all[4].t.mean_difference, 0.0525, 1e-12);  // of 0.035 and 0.07
  EXPECT_THAT(DrawMarkdown(ComparisonTable(all, "prognosis")), HasSubstr("| all, paired |"));
}

TEST(ComparisonTest, WithoutTheBaselineThereIsNone) {
  const std::vector<Row> rows = {MakeRow("A", "local", 0.5)};
  EXPECT_TRUE(CompareWithBaseline(rows).empty());
  ReportInput input;
  input.summary = {"v", "c", {1}, {"resnet18"}, rows};
  input.tasks = {"prognosis"};
  EXPECT_THAT(FormatReport(input), Not(HasSubstr("Compared with")));
}

TEST(ComparisonTest, ReportShowsDifferenceIntervalAndBothTests) {
  ReportInput input;
  input.summary = {"v", "c", {1}, {"resnet18"}, Rows()};
  input.tasks = {"prognosis"};
  const std::string report = FormatReport(input);
  EXPECT_THAT(report, HasSubstr("## Compared with stl: prognosis"));
  EXPECT_THAT(report, HasSubstr("| accuracy | mdmt-central | 6 | +0.035 [+0.015, +0.055] | 0.006 "
                                "| 0.012 | 0.031 | 0.062 | 1.87 |"));
}

}  // namespace
}  // namespace consilium
