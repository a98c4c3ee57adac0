#include "simulations/sweep/collect.h"

#include "common/storage/file_io.h"
#include "simulations/results/comparison_table.h"
#include "simulations/results/provenance_text.h"
#include "simulations/results/summary_file.h"
#include "simulations/results/table.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxSummary = 256 << 20;

constexpr std::string_view kReading =
    "\nPer center: mean over seeds. Over centers: mean ± sample standard deviation of the centers' "
    "means. `-`: undefined. A method's brackets say what else of the sweep it belongs to.\n";
constexpr std::string_view kNotMedical =
    "\nResearch on federated multi-task learning. Not a medical device; not for diagnosis, triage "
    "or "
    "any other clinical decision.\n";

template <typename T>
void AddNew(std::vector<T>& list, const T& value) {
  if (std::ranges::find(list, value) == list.end()) list.push_back(value);
}

/// Texts that differ between jobs stand beside each other.
void AddText(std::string& all, const std::string& text) {
  if (all.empty()) {
    all = text;
  } else if (all.find(text) == std::string::npos) {
    all.append("; ").append(text);
  }
}

/// Adds the job's protocol to `protocols`, all else to `summary`.
Status AddJob(const SweepFolder& folder, const SweepJob& job, Summary& summary,
              std::vector<std::string>& protocols) {
  const std::string path = folder.StudyPath(job.id) + "/summary.json";
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes file, ReadFile(path, kMaxSummary));
  CONSILIUM_ASSIGN_OR_RETURN(const Summary study, ParseSummary(AsText(file), path));
  AddText(summary.version, study.version);
  AddText(summary.cohort, study.cohort);
  AddNew(protocols, study.protocol);
  for (const ListFault& fault : study.list_faults) AddNew(summary.list_faults, fault);
  for (const std::uint64_t seed : study.seeds) AddNew(summary.seeds, seed);
  for (const std::string& backbone : study.backbones) AddNew(summary.backbones, backbone);
  for (Row row : study.rows) {
    row.method += job.variant;
    summary.rows.push_back(std::move(row));
  }
  return OkStatus();
}

std::string WhyMissing(const SweepFolder& folder, const std::string& id) {
  std::error_code error;
  if (!std::filesystem::exists(folder.StudyPath(id) + "/settings.json", error) &&
      !std::filesystem::exists(folder.LogPath(id), error)) {
    return "not begun";
  }
  const std::string said = folder.LastLine(id);
  return said.empty() ? "not finished" : std::string("not finished: ").append(said);
}

/// Every setting with its values in the order of the jobs.
Table SettingsTable(const std::vector<SweepJob>& jobs) {
  std::vector<std::pair<std::string, std::vector<std::string>>> settings;
  for (const SweepJob& job : jobs) {
    for (const auto& [name, value] : job.settings) {
      auto found = std::ranges::find(settings, name, [](const auto& one) { return one.first; });
      if (found == settings.end()) {
        settings.emplace_back(name, std::vector<std::string>());
        found = std::prev(settings.end());
      }
      AddNew(found->second, value);
    }
  }
  Table table;
  table.header = {"setting", "values"};
  table.text_columns = 2;
  for (const auto& [name, values] : settings) {
    std::string text;
    for (const std::string& value : values) text.append(text.empty() ? "" : ", ").append(value);
    table.rows.push_back({name, text});
  }
  return table;
}

}  // namespace

Result<CollectedSweep> CollectSweep(const SweepFolder& folder) {
  CollectedSweep sweep;
  std::vector<std::string> protocols;
  CONSILIUM_ASSIGN_OR_RETURN(sweep.jobs, folder.Jobs());
  for (const SweepJob& job : sweep.jobs) {
    if (folder.IsDone(job.id)) {
      CONSILIUM_RETURN_IF_ERROR(AddJob(folder, job, sweep.summary, protocols));
    } else {
      sweep.missing.emplace_back(job.id, WhyMissing(folder, job.id));
    }
  }
  if (!protocols.empty()) sweep.summary.protocol.clear();
  for (const std::string& protocol : protocols) {
    sweep.summary.protocol.append(sweep.summary.protocol.empty() ? "" : ",").append(protocol);
  }
  return sweep;
}

std::string FormatSweepReport(const CollectedSweep& sweep) {
  const Summary& summary = sweep.summary;
  std::string text = "# Sweep\n\nMade by ";
  text.append(summary.version).append(".\nCohort: ").append(summary.cohort).append(".\nJobs: ");
  text.append(std::to_string(sweep.jobs.size() - sweep.missing.size())).append(" of ");
  text.append(std::to_string(sweep.jobs.size())).append(".\n");
  std::vector<std::string> tasks;
  for (const Row& row : summary.rows) AddNew(tasks, row.task);
  for (const std::string& task : tasks) {
    text.append("\n## Results: ").append(task).append("\n\n");
    text += DrawMarkdown(ResultTable(summary, task));
  }
  text += kReading;
  const std::vector<Comparison> comparisons = CompareWithBaseline(summary.rows);
  for (const std::string& task : tasks) {
    const Table table = ComparisonTable(comparisons, task);
    if (table.rows.empty()) continue;
    text.append("\n## Compared with ").append(kBaseline).append(": ").append(task).append("\n\n");
    text += DrawMarkdown(table);
  }
  text += ProvenanceSections(summary);
  text.append("\n## Settings\n\n").append(DrawMarkdown(SettingsTable(sweep.jobs)));
  if (!sweep.missing.empty()) {
    Table table;
    table.header = {"missing job", "state"};
    table.text_columns = 2;
    for (const auto& [id, why] : sweep.missing) table.rows.push_back({id, why});
    text.append("\n## Missing\n\n").append(DrawMarkdown(table));
  }
  return text.append(kNotMedical);
}

}  // namespace consilium
