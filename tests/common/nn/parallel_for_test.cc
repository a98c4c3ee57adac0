#include "common/nn/parallel_for.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace consilium {
namespace {

/// For as long as it lives.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

TEST(ParallelForTest, TwoThreadsShareALoop) {
  const Threads two(2);
  std::atomic<int> shares = 0;
  ParallelFor(2, [&](std::int64_t, std::int64_t) { ++shares; });
  EXPECT_EQ(shares, 2);
}

TEST(ParallelForTest, EveryIndexIsVisitedOnce) {
  for (const int threads : {1, 3}) {
    const Threads some(threads);
    for (const std::int64_t count : {0, 1, 2, 17}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      ParallelFor(count, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const auto& visited : visits) EXPECT_EQ(visited, 1);
    }
  }
}

}  // namespace
}  // namespace consilium
