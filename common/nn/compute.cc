#include "common/nn/compute.h"

#include "common/base/check.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>
#include <malloc.h>
#include <mutex>
#include <optional>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

namespace consilium {
namespace {

/// LibTorch links some BLAS; which one decides the system. Null where it is not OpenBLAS.
using OpenBlasSetter = void (*)(int);
OpenBlasSetter FindOpenBlasSetter() {
  return reinterpret_cast<OpenBlasSetter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
}

/// The instruction set that LibTorch's kernels use, from the text in which it tells.
std::string InstructionSet() {
  constexpr std::string_view label = "CPU capability usage: ";
  const std::string config = at::show_config();
  const std::size_t found = config.find(label);
  if (found == std::string::npos) return "unknown instruction set";
  const std::size_t begin = found + label.size();
  return config.substr(begin, config.find('\n', begin) - begin);
}

constexpr int kHeapStep = 1 << 30;
constexpr std::size_t kFirstBlock = 1 << 22;  // more than glibc's heap holds at first

/// The kernel may refuse; small pages serve too.
void AskForHugePages(char* begin, char* end) {
  if (begin >= end) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  begin += (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page;
  if (begin >= end) return;
  static_cast<void>(madvise(begin, static_cast<std::size_t>(end - begin), MADV_HUGEPAGE));
}

/// N of "cuda:N".
std::optional<unsigned> GpuIndex(std::string_view text) {
  constexpr std::string_view prefix = "cuda:";
  if (!text.starts_with(prefix)) return std::nullopt;
  unsigned index = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + prefix.size(), end, index);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return index;
}

}  // namespace

Result<c10::Device> ParseDevice(std::string_view text) {
  if (text == "cpu") return c10::Device(c10::kCPU);
  const std::string shown = "device '" + std::string(text) + "'";
  const std::optional<unsigned> index = GpuIndex(text);
  if (!index) return InvalidArgument(shown + " is unknown, expected cpu or cuda:N");
  const auto devices = static_cast<unsigned>(torch::cuda::device_count());
  if (devices == 0) {
    return InvalidArgument(shown +
                           " is not here: no GPU, or a LibTorch without CUDA; expected cpu");
  }
  if (*index >= devices) {
    return InvalidArgument(
        shown + " is not here, expected cpu or cuda:0 to cuda:" + std::to_string(devices - 1));
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(*index));
}

void WaitForDevice(c10::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

void SetComputeThreads(int threads) {
  CONSILIUM_CHECK(threads >= 1);
  at::set_num_threads(threads);
  static const OpenBlasSetter set_openblas = FindOpenBlasSetter();
  if (set_openblas == nullptr) return;
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  set_openblas(threads);
}

int AvailableThreads() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  return std::max(1, CPU_COUNT(&allowed));
}

void KeepFreedMemory() {
  constexpr int never = std::numeric_limits<int>::max();
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, never);
  // Heaps of further arenas are too small for tensors and would be mapped and unmapped again.
  mallopt(M_ARENA_MAX, 1);
  // The heap grows by as much at once, so that advice about it reaches what is not yet written.
  mallopt(M_TOP_PAD, kHeapStep);
  auto* const begin = static_cast<char*>(sbrk(0));
  std::free(std::malloc(kFirstBlock));
  auto* const end = static_cast<char*>(sbrk(0));
  AskForHugePages(begin, end);
}

std::string BuildDescription() {
  return "LibTorch " + std::string(TORCH_VERSION) + ", " + InstructionSet();
}

}  // namespace consilium
