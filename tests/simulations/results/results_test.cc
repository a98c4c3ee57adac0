#include "simulations/results/aggregate.h"
#include "simulations/results/report.h"
#include "simulations/results/summary_file.h"
#include "simulations/results/table.h"
#include "tests/support/status_matchers.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Row MakeRow(const std::string& left_out, const std::string& method, std::uint64_t seed,
            std::optional<double> accuracy) {
  Row row;
  row.left_out = left_out;
  row.method = method;
  row.backbone = "resnet18";
  row.task = "prognosis";
  row.seed = seed;
  row.n_test = left_out == "A" ? 10 : 20;
  row.metrics.accuracy = accuracy;
  row.model_sha256 = "abc";
  return row;
}

/// Two centers, two seeds, one method; `local` has two sites in center A.
std::vector<Row> Rows() {
  std::vector<Row> rows = {MakeRow("A", "stl", 1, 0.5), MakeRow("A", "stl", 2, 0.7),
                           MakeRow("B", "stl", 1, 0.8), MakeRow("B", "stl", 2, 1.0)};
  for (const auto& [site, accuracy] : {std::pair{"B", 0.2}, std::pair{"C", 0.4}}) {
    rows.push_back(MakeRow("A", "local", 1, accuracy));
    rows.back().site = site;
  }
  return rows;
}

std::size_t MetricIndex(std::string_view name) {
  std::size_t m = 0;
  while (ReportedMetrics()[m].name != name) ++m;
  return m;
}

AggregateRow FindAggregate(const std::vector<AggregateRow>& all, const std::string& method,
                           const std::optional<std::string>& left_out) {
  for (const AggregateRow& aggregate : all) {
    if (aggregate.method == method && aggregate.left_out == left_out) return aggregate;
  }
  ADD_FAILURE() << "no aggregate of " << method;
  return all.front();
}

TEST(AggregateTest, CenterShowsMeanAndDeviationOverSeeds) {
  const AggregateRow center = FindAggregate(AggregateRows(Rows()), "stl", "A");
  const MetricSummary& a = center.metrics[MetricIndex("accuracy")];
  EXPECT_NEAR(*a.mean, 0.6, 1e-12);
  EXPECT_NEAR(*a.sd_seeds, std::sqrt(0.02), 1e-12);
  EXPECT_EQ(a.sd_centers, std::nullopt);
}

TEST(AggregateTest, AllCentersShowDeviationOverCentersAndOverSeeds) {
  const AggregateRow over = FindAggregate(AggregateRows(Rows()), "stl", std::nullopt);
  const MetricSummary& accuracy = over.metrics[MetricIndex("accuracy")];
  EXPECT_NEAR(*accuracy.mean, 0.75, 1e-12);                    // of 0.6 and 0.9
  EXPECT_NEAR(*accuracy.sd_centers, std::sqrt(0.045), 1e-12);  // 0.6, 0.9
  EXPECT_NEAR(*accuracy.sd_seeds, std::sqrt(0.02), 1e-12);     // 0.65, 0.85
  EXPECT_EQ(over.n_centers, 2);
  EXPECT_EQ(over.n_seeds, 2);
  EXPECT_EQ(over.n_test, 30);
}

TEST(AggregateTest, LocalIsTheMeanOverItsSites) {
  const AggregateRow local = FindAggregate(AggregateRows(Rows()), "local", "A");
  EXPECT_NEAR(*local.metrics[MetricIndex("accuracy")].mean, 0.3, 1e-12);
}

TEST(AggregateTest, UndefinedValuesAreLeftOutOfTheMean) {
  const std::vector<Row> rows = {MakeRow("A", "stl", 1, 0.5), MakeRow("B", "stl", 1, std::nullopt)};
  const AggregateRow over = FindAggregate(AggregateRows(rows), "stl", std::nullopt);
  EXPECT_EQ(over.metrics[MetricIndex("accuracy")].mean, 0.5);
  EXPECT_EQ(over.metrics[MetricIndex("auroc")].mean, std::nullopt);
}

TEST(SummaryFileTest, CarriesExactlyTheFieldsOfTheSchema) {
  const Summary summary = {"v", "cohort.csv", {1}, {"resnet18"}, {Rows()[0]}};
  const auto json = nlohmann::ordered_json::parse(FormatSummary(summary));
  std::vector<std::string> top;
  for (const auto& [key, value] : json.items()) top.push_back(key);
  EXPECT_EQ(top,
            (std::vector<std::string>{"version", "cohort", "protocol", "preset", "list_faults",
                                      "seeds", "backbones", "rows", "aggregate", "comparisons"}));
  std::vector<std::string> fields;
  for (const auto& [key, value] : json["rows"][0].items()) fields.push_back(key);
  EXPECT_EQ(fields, (std::vector<std::string>{"protocol", "left_out", "method", "site", "backbone",
                                              "task", "seed", "heads", "weighting", "transport",
                                              "strategy", "precision", "threads", "n_test",
                                              "metrics", "model_sha256"}));
  std::vector<std::string> metrics;
  for (const auto& [key, value] : json["rows"][0]["metrics"].items()) metrics.push_back(key);
  EXPECT_EQ(metrics,
            (std::vector<std::string>{"accuracy", "precision", "recall", "f1", "gmean", "auroc",
                                      "zone_accuracy", "l1", "mse", "correlation"}));
  EXPECT_TRUE(json["rows"][0]["metrics"]["auroc"].is_null());
  EXPECT_TRUE(json["rows"][0]["heads"].is_null());
}

TEST(SummaryFileTest, ComparisonsHoldTestsAndUndefinedOnesAreNull) {
  const Summary summary = {"v", "cohort.csv", {1}, {"resnet18"}, Rows()};
  const auto json = nlohmann::ordered_json::parse(FormatSummary(summary)).at("comparisons").at(0);
  std::vector<std::string> fields;
  for (const auto& [key, value] : json.items()) fields.push_back(key);
  EXPECT_EQ(fields, (std::vector<std::string>{"task", "metric", "method", "baseline", "backbone",
                                              "over", "n_pairs", "mean_difference", "sd", "se",
                                              "interval_95", "cohens_dz", "rank_biserial", "t_test",
                                              "wilcoxon", "f_test"}));
  EXPECT_EQ(json.at("method"), "local");
  EXPECT_EQ(json.at("n_pairs"), 1);  // center A, seed 1
  EXPECT_NEAR(json.at("mean_difference").get<double>(), -0.2, 1e-12);
  EXPECT_TRUE(json.at("t_test").at("p").is_null());
  EXPECT_EQ(json.at("wilcoxon").at("p"), 1.0);
  EXPECT_EQ(json.at("wilcoxon").at("p_better"), 1.0);
}

TEST(SummaryFileTest, ReadsBackWhatItWrote) {
  const Summary summary = {"v", "cohort.csv", {1, 2}, {"resnet18"}, Rows()};
  const std::string text = FormatSummary(summary);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Summary again, ParseSummary(text, "summary.json"));
  EXPECT_EQ(FormatSummary(again), text);
  EXPECT_EQ(again.rows[5].site, "C");
  EXPECT_EQ(again.rows[1].metrics.accuracy, 0.7);
}

TEST(SummaryFileTest, ForeignTextIsRefusedByName) {
  EXPECT_STATUS(ParseSummary("{\"rows\":3}", "x.json"), StatusCode::kInvalidArgument, "x.json");
  EXPECT_STATUS(ParseRows("[{}]", "y.json"), StatusCode::kInvalidArgument, "y.json");
}

TEST(SummaryFileTest, CsvQuotesWhatNeedsIt) {
  std::vector<Row> rows = {MakeRow("A, \"north\"", "stl", 1, 0.25)};
  const std::string csv = FormatSummaryCsv(rows);
  EXPECT_THAT(csv, HasSubstr("loco,\"A, \"\"north\"\"\",stl,,resnet18,prognosis,1,,,,,fp32,1,"));
  EXPECT_THAT(csv, HasSubstr(",0.25,,,,,,,,,,abc\n"));
}

TEST(TableTest, ShowsCentersThenMeansWithTheirDeviations) {
  const Summary summary = {"v", "c", {1, 2}, {"resnet18"}, Rows()};
  const std::string text = DrawText(ResultTable(summary, "prognosis"));
  EXPECT_THAT(text, HasSubstr("A                    stl         10  0.600 ± 0.141"));
  EXPECT_THAT(text, HasSubstr("mean over 2 centers"));
  EXPECT_THAT(text, HasSubstr("0.750 ± 0.212"));
  EXPECT_THAT(text, HasSubstr("mean over 2 seeds"));
  EXPECT_THAT(text, HasSubstr("0.750 ± 0.141"));
}

TEST(TableTest, MarkdownHasOneLinePerRow) {
  Table table;
  table.header = {"a|b", "n"};
  table.rows = {{"x", "1"}, {}, {"y", "2"}};
  table.text_columns = 1;
  EXPECT_EQ(DrawMarkdown(table), "| a\\|b | n |\n|---|---:|\n| x | 1 |\n| y | 2 |\n");
}

TEST(ReportTest, SaysWhatItIsNotFor) {
  ReportInput input;
  input.summary = {"v", "cohort.csv", {1}, {"resnet18"}, Rows()};
  input.tasks = {"prognosis", "brixia"};
  input.centers.header = {"center"};
  input.jobs_done = input.jobs_planned = 3;
  const std::string report = FormatReport(input);
  EXPECT_THAT(report, HasSubstr("Not a medical device"));
  EXPECT_THAT(report, HasSubstr("## Results: prognosis"));
  EXPECT_THAT(report, Not(HasSubstr("## Results: brixia")));
  EXPECT_THAT(report, Not(HasSubstr("Incomplete")));
  input.jobs_done = 2;
  EXPECT_THAT(FormatReport(input), HasSubstr("2 of 3 trainings are done"));
}

}  // namespace
}  // namespace consilium
