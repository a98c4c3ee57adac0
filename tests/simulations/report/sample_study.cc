#include "tests/simulations/report/sample_study.h"

#include "simulations/results/study_facts.h"
#include "simulations/results/summary_file.h"
#include "simulations/results/training_record.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

namespace consilium {
namespace {

const std::vector<std::string> kCenters = {"A", kOddCenter, "C", "D"};
const std::vector<std::string> kMethods = {"local", "stl", "mdmt-central", "mdmt-federated"};

/// Differs with everything that tells rows apart, and is no short decimal.
double ValueOf(std::size_t method, std::size_t center, std::uint64_t seed, std::size_t metric) {
  const auto mixed = static_cast<double>((method + 2) * (center + 3) * (metric + 1) % 7);
  return 0.5 + static_cast<double>(method) / 17 + static_cast<double>(center) / 31 -
         static_cast<double>(seed) / 57 - static_cast<double>(metric) / 41 + mixed / 173;
}

/// Of every task, for one model on one center.
void AddRows(Row row, std::size_t method, std::size_t center, std::vector<Row>& rows) {
  const double alone = row.site == "C" ? 0.35 : 0;
  row.task = "prognosis";
  row.metrics.accuracy = ValueOf(method, center, row.seed, 0) + alone;
  row.metrics.f1 = ValueOf(method, center, row.seed, 1) + alone;
  row.metrics.gmean = ValueOf(method, center, row.seed, 2);
  if (row.left_out != "C") row.metrics.auroc = ValueOf(method, center, row.seed, 3);
  rows.push_back(row);
  if (!row.method.starts_with("mdmt")) return;
  row.task = "brixia";
  row.metrics = {};
  row.metrics.zone_accuracy = ValueOf(method, center, row.seed, 4);
  row.metrics.l1 = ValueOf(method, center, row.seed, 5);
  row.metrics.mse = ValueOf(method, center, row.seed, 6);
  row.metrics.correlation = -ValueOf(method, center, row.seed, 7);
  rows.push_back(row);
}

std::string PredictionsCsv(const std::string& left_out, std::size_t method) {
  std::string csv = "image,center,task,label,probabilities\n";
  for (int i = 0; i < 30; ++i) {
    const double positive = 0.03 + 0.03 * i;
    const bool severe = left_out != "C" && (i * 7 + static_cast<int>(method) * i) % 30 > 20 - i / 2;
    csv.append("images/secret_patient_").append(std::to_string(i)).append(".png,");
    csv.append(CsvField(left_out)).append(",prognosis,").append(severe ? "severe" : "mild");
    csv.append(",").append(std::to_string(1 - positive)).append(" ");
    csv.append(std::to_string(positive)).append("\n");
  }
  csv.append("images/secret_patient_9.png,x,brixia,012301,0.1 0.2 0.3 0.4 0.5 0.6\n");
  return csv;
}

StudyFacts SampleFacts() {
  StudyFacts facts;
  facts.jobs_done = 32;
  facts.jobs_planned = 40;
  facts.tasks = {{"prognosis", {"mild", "severe"}}, {"brixia", {}}};
  facts.centers.header = {"center", "images"};
  facts.centers.text_columns = 1;
  facts.centers.rows = {{"A", "4"}, {kOddCenter, "5"}, {"C", "6"}, {"D", "7"}};
  facts.warnings = {"center C: <one> class only"};
  return facts;
}

TrainingRecord RecordOf(const Row& row, std::size_t method) {
  TrainingRecord record;
  record.method = row.method;
  record.site = row.site;
  record.backbone = row.backbone;
  record.seed = row.seed;
  record.seconds = 90 * static_cast<double>(method + 1);
  const double start = 0.7 + static_cast<double>(method) / 20;
  record.validation_loss = {start, start - 0.05, start - 0.04};
  if (!row.strategy) return record;
  record.update_cosine = {0.4, std::nullopt, -0.1};
  record.bytes_to_sites = 12'000'000;
  record.bytes_from_sites = 3'400'000;
  return record;
}

/// One per method, seed and, of `local`, site; else per center.
void WriteTrainings(const std::string& folder, const Summary& summary) {
  std::map<std::string, TrainingRecord> records;
  int file = 0;
  for (const Row& row : summary.rows) {
    if (row.task != "prognosis") continue;
    const std::size_t method =
        std::find(kMethods.begin(), kMethods.end(), row.method) - kMethods.begin();
    std::string id = row.method;
    id.append(std::to_string(row.seed)).append(row.site.value_or(row.left_out));
    TrainingRecord& record = records.try_emplace(id, RecordOf(row, method)).first->second;
    const std::string name = "p" + std::to_string(file++);
    record.predictions.emplace_back(row.left_out, name);
    std::string path = folder;
    path.append("/predictions/").append(name).append(".csv");
    WriteFile(path, PredictionsCsv(row.left_out, method));
  }
  int number = 0;
  for (const auto& [id, record] : records) {
    std::string path = folder;
    path.append("/trainings/t").append(std::to_string(number++)).append(".json");
    WriteFile(path, FormatTrainingRecord(record));
  }
}

}  // namespace

Summary SampleSummary(const std::string& backbone) {
  Summary summary;
  summary.version = "consilium-sim 0.1.0 (commit 1a2b3c)";
  summary.cohort = "cohorts/a & b/manifest.csv";
  summary.seeds = {1, 2};
  summary.backbones = {backbone};
  for (const std::uint64_t seed : summary.seeds) {
    for (std::size_t c = 0; c < kCenters.size(); ++c) {
      for (std::size_t m = 0; m < kMethods.size(); ++m) {
        Row row;
        row.left_out = kCenters[c];
        row.method = kMethods[m];
        row.backbone = backbone;
        row.seed = seed;
        row.n_test = static_cast<std::int64_t>(4 + c);
        row.model_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        if (kMethods[m] == "mdmt-federated") row.strategy = "fedavg";
        if (kMethods[m] != "local") {
          AddRows(row, m, c, summary.rows);
          continue;
        }
        for (const std::string& site : kCenters) {
          row.site = site;
          if (site != row.left_out) AddRows(row, m, c, summary.rows);
        }
      }
    }
  }
  return summary;
}

void WriteFile(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void WriteSampleStudy(const std::string& folder, const std::string& backbone) {
  const Summary summary = SampleSummary(backbone);
  WriteFile(folder + "/summary.json", FormatSummary(summary));
  WriteFile(folder + "/settings.json",
            R"({"methods": "local,stl,mdmt-central,mdmt-federated", "seed": "1,2",
                "weights": "w <1>.pth", "augment": "no", "tasks": "prognosis:2,brixia:6",
                "cohort": "23f3c2a817d6ce90"})");
  WriteFile(folder + "/study.json", FormatStudyFacts(SampleFacts()));
  WriteTrainings(folder, summary);
}

}  // namespace consilium
