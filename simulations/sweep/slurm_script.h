/// An sbatch script that runs a sweep as an array: task i of n runs shard i/n. Threads: pure.
#pragma once

#include <optional>
#include <string>

namespace consilium {

struct SlurmScript {
  std::string program;  ///< paths as the nodes see them
  std::string sweep_file;
  std::string out;
  std::string folder;  ///< where the script works, so that relative paths of the sweep hold
  std::size_t shards = 1;
  int processes = 1;  ///< of each task
  int threads = 1;    ///< of each process
  bool gpu = false;
  std::optional<double> hours;       ///< of the longest shard; a time limit of twice that
  std::optional<double> memory_mib;  ///< of one process
};

std::string FormatSlurmScript(const SlurmScript& script);

/// As one word of a shell.
std::string ShellQuoted(const std::string& text);

}  // namespace consilium
