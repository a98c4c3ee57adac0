#include "common/training/precision_choice.h"

#include "common/nn/compute.h"
#include "common/nn/multi_task_net.h"
#include "common/storage/file_io.h"
#include "common/training/stopwatch.h"
#include "common/training/trainer.h"

#include <nlohmann/json.hpp>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

namespace consilium {
namespace {

constexpr double kWorthIt = 0.9;  // of float32's time: below it lies the noise of a busy machine
constexpr int kLargestBatch = 8;
constexpr std::uint64_t kLargestCache = 1 << 20;

std::string CpuInfo() {
  std::ifstream file("/proc/cpuinfo");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The rest of the first line "label : value".
std::string Field(std::string_view text, std::string_view label) {
  const std::size_t found = text.find(label);
  if (found == std::string_view::npos) return "unknown";
  const std::string_view line = text.substr(found, text.find('\n', found) - found);
  const std::size_t colon = line.find(": ");
  return std::string(colon == std::string_view::npos ? line : line.substr(colon + 2));
}

std::vector<Precision> Candidates(torch::Device device) {
  if (!device.is_cpu()) return {Precision::kBf16, Precision::kFp16};
  if (MultipliesBfloat16(CpuInfo())) return {Precision::kBf16};
  return {};
}

/// Random pictures, every one labelled for every task.
Dataset RandomImages(const RunPlan& plan, std::int64_t count) {
  Dataset dataset;
  dataset.tasks = plan.tasks;
  Sample sample;
  sample.labels.reserve(plan.tasks.size());
  for (const TaskSpec& task : plan.tasks) {
    sample.labels.emplace_back(static_cast<std::size_t>(LabelWidth(task)), 0);
  }
  dataset.samples.assign(static_cast<std::size_t>(count), sample);
  const std::int64_t size = plan.image_size;
  dataset.images = torch::linspace(0, 1, size * size).view({1, size, size}).repeat({count, 1, 1});
  return dataset;
}

Result<double> MeasureStep(const RunPlan& plan, ComputeOptions compute, Precision precision) {
  constexpr std::int64_t steps = 3;  // the first one warms up
  compute.precision = precision;
  RunPlan measured = plan;
  measured.training.batch_size = std::clamp(plan.training.batch_size, 2, kLargestBatch);
  measured.training.full_batch = false;
  measured.training.augment = false;
  CONSILIUM_ASSIGN_OR_RETURN(MultiTaskNet net, MakeNet(measured));
  const Dataset dataset = RandomImages(measured, steps * measured.training.batch_size);
  Indices all(dataset.samples.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  double best = std::numeric_limits<double>::infinity();
  Stopwatch watch;
  Trainer::Options options;
  options.training = measured.training;
  options.compute = compute;
  options.on_step = [&](std::int64_t done, std::int64_t) {
    const double seconds = watch.Lap();
    if (done > 1) best = std::min(best, seconds);
  };
  Trainer trainer(net, dataset, all, std::move(options));
  CONSILIUM_RETURN_IF_ERROR(trainer.RunEpoch(measured.training.learning_rate, 1).status());
  return best;
}

/// Everything that the fastest type depends on.
std::string CacheKey(const RunPlan& plan, const ComputeOptions& compute) {
  std::string key = compute.device.is_cpu() ? Field(CpuInfo(), "model name") : "GPU";
  key.append(", ").append(compute.device.str()).append(", ").append(BuildDescription());
  key.append(", ").append(plan.backbone);
  key.append(", ").append(std::to_string(plan.image_size)).append(" pixels");
  key.append(", ").append(std::to_string(compute.threads)).append(" threads");
  return key;
}

nlohmann::json ReadCache(const std::string& path) {
  const Result<Bytes> bytes = ReadFile(path, kLargestCache);
  if (!bytes.ok()) return nlohmann::json::object();
  nlohmann::json cache = nlohmann::json::parse(AsText(*bytes), nullptr, /*allow_exceptions=*/false);
  return cache.is_object() ? cache : nlohmann::json::object();
}

std::optional<PrecisionChoice> Remembered(const nlohmann::json& cache, const std::string& key) {
  const auto entry = cache.find(key);
  if (entry == cache.end() || !entry->is_object()) return std::nullopt;
  const auto name = entry->find("precision");
  const auto reason = entry->find("reason");
  if (name == entry->end() || !name->is_string()) return std::nullopt;
  if (reason == entry->end() || !reason->is_string()) return std::nullopt;
  const Result<Precision> precision = ParsePrecision(name->get<std::string>());
  if (!precision.ok() || *precision == Precision::kAuto) return std::nullopt;
  return PrecisionChoice{*precision, reason->get<std::string>()};
}

void Remember(const std::string& path, nlohmann::json cache, const std::string& key,
              const PrecisionChoice& choice) {
  cache[key] = {{"precision", ToString(choice.precision)}, {"reason", choice.reason}};
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const std::string text = cache.dump(2) + "\n";
  // Measured again next time if it cannot be kept.
  static_cast<void>(WriteFileAtomically(path, AsBytes(text)).ok());
}

}  // namespace

bool MultipliesBfloat16(std::string_view cpuinfo) {
  std::string flags = " ";
  flags.append(Field(cpuinfo, "flags")).append(" ");
  return flags.find(" avx512_bf16 ") != std::string::npos ||
         flags.find(" amx_bf16 ") != std::string::npos;
}

Result<PrecisionChoice> ChooseFastest(const std::vector<Precision>& tried,
                                      const StepMeasurement& measure) {
  if (tried.empty()) {
    return PrecisionChoice{Precision::kFp32, "no instructions for shorter types here"};
  }
  CONSILIUM_ASSIGN_OR_RETURN(const double reference, measure(Precision::kFp32));
  PrecisionChoice choice;
  double best = reference;
  for (const Precision precision : tried) {
    const Result<double> seconds = measure(precision);
    if (!seconds.ok() || *seconds >= best) continue;
    best = *seconds;
    choice.precision = precision;
  }
  std::array<char, 32> speed{};
  std::snprintf(speed.data(), speed.size(), "%.1f", reference / best);
  if (best > kWorthIt * reference) return PrecisionChoice{Precision::kFp32, "no other is faster"};
  choice.reason.append(speed.data()).append(" times as fast as fp32, measured");
  return choice;
}

Result<PrecisionChoice> ResolvePrecision(const RunPlan& plan, const ComputeOptions& compute,
                                         const std::string& cache_file) {
  CONSILIUM_RETURN_IF_ERROR(CheckPrecision(compute.precision, compute.device));
  if (compute.precision != Precision::kAuto) {
    return PrecisionChoice{compute.precision, "as asked for"};
  }
  const std::string key = CacheKey(plan, compute);
  const nlohmann::json cache =
      cache_file.empty() ? nlohmann::json::object() : ReadCache(cache_file);
  if (const auto remembered = Remembered(cache, key)) return *remembered;
  CONSILIUM_ASSIGN_OR_RETURN(const PrecisionChoice choice,
                             ChooseFastest(Candidates(compute.device), [&](Precision precision) {
                               return MeasureStep(plan, compute, precision);
                             }));
  if (!cache_file.empty()) Remember(cache_file, cache, key, choice);
  return choice;
}

std::string DefaultPrecisionCache() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/consilium/precision.json";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return "";
  return std::string(home) + "/.cache/consilium/precision.json";
}

}  // namespace consilium
