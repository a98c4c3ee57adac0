#include "simulations/study/job_pool.h"

#include "common/nn/compute.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace consilium {

Status RunPool(const JobPool& pool, std::size_t count,
               const std::function<Status(std::size_t job)>& run) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Status first;
  const auto work = [&] {
    SetComputeThreads(pool.compute_threads);
    while (!pool.interrupt->Requested()) {
      const std::size_t job = next++;
      if (job >= count) return;
      const Status status = run(job);
      if (status.ok()) continue;
      const std::lock_guard lock(mutex);
      if (first.ok()) first = status;
      pool.interrupt->Request();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(std::max(pool.threads, 0)));
    for (int i = 0; i < pool.threads; ++i) threads.emplace_back(work);
  }
  if (first.ok() && next < count) return Cancelled("interrupted");
  return first;
}

}  // namespace consilium
