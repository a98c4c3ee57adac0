#include "simulations/cli/calibration.h"

#include "common/base/interrupt.h"
#include "simulations/sweep/job_process.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <thread>
#include <vector>

namespace consilium {
namespace {

namespace fs = std::filesystem;

/// Least side that `bench train` measures.
constexpr int kLeastImageSize = 64;
constexpr int kSmallBatch = 4;
constexpr int kLargeBatch = 8;
constexpr std::chrono::milliseconds kPoll{20};

/// Removed at the end with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "consilium-plan-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<int> ExitCodeOf(JobProcess process) {
  while (true) {
    if (const auto ended = process.Poll()) return ended->exit_code;
    if (ProcessInterrupt().Requested()) return Cancelled("interrupted");
    std::this_thread::sleep_for(kPoll);
  }
}

}  // namespace

Result<Calibration> Calibrator::Of(const LocoOptions& options) {
  const StudyOptions& study = options.study;
  std::string key = study.plan.backbone;
  for (const std::string& part :
       {std::to_string(study.plan.image_size), std::to_string(study.plan.training.batch_size),
        std::to_string(study.compute.threads), DevicesText(study.compute), options.precision,
        std::to_string(static_cast<int>(study.compute.checkpoint_activations)),
        std::to_string(static_cast<int>(study.plan.training.augment))}) {
    key.append(" ").append(part);
  }
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  const int batch = study.plan.training.batch_size;
  const bool extrapolated = batch > kLargeBatch && study.compute.device.is_cpu();
  CONSILIUM_ASSIGN_OR_RETURN(Calibration figures,
                             Measure(options, extrapolated ? kLargeBatch : batch));
  if (extrapolated) {
    CONSILIUM_ASSIGN_OR_RETURN(const Calibration small, Measure(options, kSmallBatch));
    const double per_image =
        std::max(0.0, figures.memory_mib - small.memory_mib) / (kLargeBatch - kSmallBatch);
    figures.memory_mib += per_image * (batch - kLargeBatch);
  }
  return known_[key] = figures;
}

Result<Calibration> Calibrator::Measure(const LocoOptions& options, int batch) {
  const StudyOptions& study = options.study;
  std::vector<std::string> command = {
      program_,       "bench",
      "train",        "--json",
      "--backbone",   study.plan.backbone,
      "--image-size", std::to_string(std::max(study.plan.image_size, kLeastImageSize)),
      "--batch",      std::to_string(batch),
      "--steps",      std::to_string(steps_),
      "--threads",    std::to_string(study.compute.threads),
      "--device",     DevicesText(study.compute),
      "--precision",  options.precision};
  if (study.compute.checkpoint_activations) command.emplace_back("--checkpoint-activations");
  if (!study.plan.training.augment) command.emplace_back("--no-augment");
  const ScratchFolder scratch;
  const std::string log = scratch.path() + "/log";
  CONSILIUM_ASSIGN_OR_RETURN(JobProcess process, JobProcess::Start(command, log));
  CONSILIUM_ASSIGN_OR_RETURN(const int exit_code, ExitCodeOf(std::move(process)));
  std::ifstream said(log);
  std::string last;
  for (std::string line; std::getline(said, line);) {
    if (!line.empty()) last = line;
  }
  const auto json = nlohmann::json::parse(last, nullptr, false);
  if (exit_code != 0 || !json.is_object() || !json.contains("images_per_second")) {
    return Internal(study.plan.backbone + ": cannot be measured: " + last);
  }
  return Calibration{json.value("images_per_second", 0.0), json.value("peak_rss_mib", 0.0)};
}

}  // namespace consilium
