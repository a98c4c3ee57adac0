#include "simulations/sweep/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;

Json Number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string Digits(const char* format, const std::optional<double>& value) {
  if (!value) return "-";
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), format, *value);
  return text.data();
}

std::vector<SweepJob> NamesOf(const SweepEstimate& estimate) {
  std::vector<SweepJob> names;
  names.reserve(estimate.jobs.size());
  for (const JobEstimate& job : estimate.jobs) names.push_back({job.id, {}, ""});
  return names;
}

/// Hours of the shard with most of them, its jobs shared out among the processes.
std::optional<double> LongestShard(const SweepEstimate& estimate) {
  std::map<std::string, const JobEstimate*> by_id;
  for (const JobEstimate& job : estimate.jobs) by_id[job.id] = &job;
  double longest = 0;
  for (std::size_t s = 1; s <= estimate.shards; ++s) {
    double hours = 0;
    double largest = 0;
    for (const SweepJob& name : JobsOfShard(NamesOf(estimate), {s, estimate.shards})) {
      const JobEstimate& job = *by_id.at(name.id);
      if (job.done) continue;
      if (!job.hours) return std::nullopt;
      hours += *job.hours;
      largest = std::max(largest, *job.hours);
    }
    longest = std::max({longest, largest, hours / estimate.processes});
  }
  return longest;
}

}  // namespace

SweepTotals TotalsOf(const SweepEstimate& estimate) {
  SweepTotals totals;
  double hours = 0;
  bool known = true;
  for (const JobEstimate& job : estimate.jobs) {
    totals.disk += job.disk;
    if (job.memory) totals.memory = std::max(totals.memory.value_or(0), *job.memory);
    if (job.done) continue;
    ++totals.jobs_left;
    totals.trainings += job.trainings;
    known = known && job.hours.has_value();
    hours += job.hours.value_or(0);
  }
  if (known) totals.hours = hours;
  totals.elapsed = LongestShard(estimate);
  return totals;
}

std::string DrawPlan(const SweepEstimate& estimate) {
  Table table;
  table.header = {"job", "state", "trainings", "images", "hours", "memory MiB", "disk MiB"};
  table.text_columns = 2;
  for (const JobEstimate& job : estimate.jobs) {
    table.rows.push_back({job.id, job.done ? "done" : "", std::to_string(job.trainings),
                          Digits("%.0f", job.images), Digits("%.3f", job.hours),
                          Digits("%.0f", job.memory), Digits("%.1f", job.disk)});
  }
  const SweepTotals totals = TotalsOf(estimate);
  table.rows.emplace_back();
  table.rows.push_back({std::to_string(totals.jobs_left) + " jobs left", "",
                        std::to_string(totals.trainings), "", Digits("%.3f", totals.hours),
                        Digits("%.0f", totals.memory), Digits("%.1f", totals.disk)});
  std::string text = DrawText(table);
  if (totals.elapsed) {
    text.append("\n").append(Digits("%.3f", totals.elapsed)).append(" hours with ");
    text.append(std::to_string(estimate.shards)).append(" x ");
    text.append(std::to_string(estimate.processes)).append(" processes\n");
  }
  return text;
}

std::string FormatPlanJson(const SweepEstimate& estimate) {
  Json jobs = Json::array();
  for (const JobEstimate& job : estimate.jobs) {
    jobs.push_back({{"id", job.id},
                    {"trainings", job.trainings},
                    {"images", job.images},
                    {"hours", Number(job.hours)},
                    {"memory_mib", Number(job.memory)},
                    {"disk_mib", job.disk},
                    {"done", job.done}});
  }
  const SweepTotals totals = TotalsOf(estimate);
  const Json json = {{"jobs", std::move(jobs)},
                     {"total",
                      {{"jobs_left", totals.jobs_left},
                       {"trainings", totals.trainings},
                       {"hours", Number(totals.hours)},
                       {"elapsed_hours", Number(totals.elapsed)},
                       {"processes", estimate.processes},
                       {"shards", estimate.shards},
                       {"memory_mib", Number(totals.memory)},
                       {"disk_mib", totals.disk}}}};
  return json.dump(1) + "\n";
}

}  // namespace consilium
