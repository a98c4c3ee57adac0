#include "site_client/site_data.h"

#include "common/data/csv.h"
#include "common/data/manifest.h"
#include "common/data/tensor_cache.h"
#include "common/imaging/cohort_loader.h"
#include "common/storage/file_io.h"

#include <algorithm>
#include <utility>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxManifest = 1'000'000'000;

/// The labels in the order of the plan's tasks, none where the data has no such task. What the data
/// mean by a task stays: the aggregator holds it against the run.
std::shared_ptr<const Dataset> FitTasks(Dataset data, const RunPlan& plan) {
  std::vector<TaskSpec> tasks;
  std::vector<std::ptrdiff_t> source;  // index into the data's tasks, or -1
  for (const TaskSpec& wanted : plan.tasks) {
    const auto found = std::find_if(data.tasks.begin(), data.tasks.end(),
                                    [&](const TaskSpec& task) { return task.id == wanted.id; });
    source.push_back(found == data.tasks.end() ? -1 : found - data.tasks.begin());
    tasks.push_back(found == data.tasks.end() ? wanted : *found);
    tasks.back().weight = wanted.weight;
  }
  const auto fit = [&source](Sample& sample) {
    std::vector<std::vector<int>> labels;
    labels.reserve(source.size());
    for (const std::ptrdiff_t index : source) {
      labels.push_back(index < 0 ? std::vector<int>() : std::move(sample.labels[index]));
    }
    sample.labels = std::move(labels);
  };
  for (Sample& sample : data.samples) fit(sample);
  for (SetAsideImage& image : data.set_aside) fit(image.sample);
  data.tasks = std::move(tasks);
  return std::make_shared<Dataset>(std::move(data));
}

/// The plan's tasks that the manifest has a column for.
Result<std::vector<TaskSpec>> TasksOf(const CohortSource& source, const RunPlan& plan) {
  const Result<Bytes> bytes = ReadFile(source.manifest, kMaxManifest);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  CsvReader reader(AsText(*bytes), source.manifest);
  CsvRow header;
  CONSILIUM_RETURN_IF_ERROR(reader.Next(header).status());
  std::vector<TaskSpec> tasks;
  for (const TaskSpec& task : plan.tasks) {
    const auto& columns = header.fields;
    if (std::find(columns.begin(), columns.end(), task.id.str()) != columns.end()) {
      tasks.push_back(task);
    }
  }
  return tasks;
}

void KeepCenter(Manifest& manifest, const std::string& center) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < manifest.samples.size(); ++i) {
    if (manifest.samples[i].center != center) continue;
    if (kept != i) {
      manifest.samples[kept] = std::move(manifest.samples[i]);
      manifest.lines[kept] = manifest.lines[i];
    }
    ++kept;
  }
  manifest.samples.resize(kept);
  manifest.lines.resize(kept);
}

}  // namespace

Result<std::shared_ptr<const Dataset>> LoadSiteCohort(const CohortSource& source,
                                                      const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::vector<TaskSpec> tasks, TasksOf(source, plan));
  CONSILIUM_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(source.manifest, tasks));
  if (!source.center.empty()) KeepCenter(manifest, source.center);
  if (manifest.samples.empty()) {
    return InvalidArgument(source.manifest + ": no row of center '" + source.center + "'");
  }
  CohortLoadOptions options;
  options.image_size = plan.image_size;
  options.threads = source.threads;
  options.interrupt = source.interrupt;
  options.unreadable = UnreadablePictures::kSetAside;
  CONSILIUM_ASSIGN_OR_RETURN(Dataset data, LoadCohort(manifest, options));
  return FitTasks(std::move(data), plan);
}

Result<std::shared_ptr<const Dataset>> LoadSiteCache(const std::string& path, const RunPlan& plan) {
  CONSILIUM_ASSIGN_OR_RETURN(Dataset data, ReadTensorCache(path));
  return FitTasks(std::move(data), plan);
}

}  // namespace consilium
