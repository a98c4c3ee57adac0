#include "simulations/sweep/slurm_script.h"

#include <algorithm>
#include <cmath>

namespace consilium {
namespace {

/// A calibration of seconds is no promise.
constexpr double kTimeReserve = 2;
constexpr double kMemoryReserve = 1.25;
constexpr long long kLeastMinutes = 10;

}  // namespace

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted += '\'';
}

std::string FormatSlurmScript(const SlurmScript& script) {
  const std::string shards = std::to_string(script.shards);
  std::string text = "#!/bin/bash\n#SBATCH --job-name=consilium-sweep\n#SBATCH --array=1-";
  text.append(shards).append("\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=");
  text.append(std::to_string(script.processes * script.threads)).append("\n");
  if (script.gpu) text += "#SBATCH --gres=gpu:1\n";
  if (script.memory_mib) {
    const auto mib =
        static_cast<long long>(std::ceil(*script.memory_mib * script.processes * kMemoryReserve));
    text.append("#SBATCH --mem=").append(std::to_string(mib)).append("M\n");
  }
  if (script.hours) {
    const auto minutes = static_cast<long long>(std::ceil(*script.hours * 60 * kTimeReserve));
    text.append("#SBATCH --time=").append(std::to_string(std::max(minutes, kLeastMinutes)));
    text += "\n";
  }
  text +=
      "#SBATCH --requeue\n#SBATCH --open-mode=append\n"
      "# A task that is stopped or requeued goes on; finished jobs are never repeated.\n"
      "set -eu\n";
  text.append("cd ").append(ShellQuoted(script.folder)).append("\n");
  text.append("exec ").append(ShellQuoted(script.program)).append(" run ");
  text.append(ShellQuoted(script.sweep_file)).append(" --out ").append(ShellQuoted(script.out));
  text.append(" --jobs ").append(std::to_string(script.processes));
  text.append(" --shard \"$SLURM_ARRAY_TASK_ID/").append(shards).append("\"\n");
  return text;
}

}  // namespace consilium
