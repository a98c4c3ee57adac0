#include "simulations/benchmark/peak_memory.h"

#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>

namespace consilium {
namespace {

constexpr double kKibPerMib = 1024;

}  // namespace

bool ResetPeakMemory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

double PeakMemoryMib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("VmHWM:")) continue;
    std::istringstream fields(line);
    std::string name;
    double kib = 0;
    if (fields >> name >> kib) return kib / kKibPerMib;
  }
  // Kernels without VmHWM count the peak of the whole process here.
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / kKibPerMib;
}

}  // namespace consilium
