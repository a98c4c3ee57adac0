#include "aggregator/ordered_walk.h"

#include "tests/support/status_matchers.h"

#include <atomic>
#include <vector>

namespace consilium {
namespace {

constexpr std::size_t kItems = 500;

TEST(OrderedWalkTest, FinishesInOrderWhatWasLoadedByTheSameWorker) {
  for (const std::size_t workers : {std::size_t{1}, std::size_t{4}}) {
    std::vector<std::size_t> held(workers);
    std::vector<std::size_t> finished;
    ASSERT_OK(OrderedWalk(
        kItems, workers,
        [&](std::size_t worker, std::size_t item) {
          held[worker] = item;
          return OkStatus();
        },
        [&](std::size_t worker, std::size_t item) {
          EXPECT_EQ(held[worker], item);
          finished.push_back(item);
          return OkStatus();
        }));
    ASSERT_EQ(finished.size(), kItems);
    for (std::size_t i = 0; i < kItems; ++i) EXPECT_EQ(finished[i], i);
  }
}

TEST(OrderedWalkTest, TheFirstErrorInTheOrderOfTheItemsEndsIt) {
  std::atomic<std::size_t> finished = 0;
  const Status status = OrderedWalk(
      kItems, 4,
      [](std::size_t, std::size_t item) {
        return item >= 100 ? DataLoss("item " + std::to_string(item)) : OkStatus();
      },
      [&](std::size_t, std::size_t) {
        ++finished;
        return OkStatus();
      });
  EXPECT_EQ(status, DataLoss("item 100"));
  EXPECT_EQ(finished, 100U);
}

TEST(OrderedWalkTest, NothingIsNothing) {
  const auto never = [](std::size_t, std::size_t) { return Internal("called"); };
  EXPECT_OK(OrderedWalk(0, 4, never, never));
}

}  // namespace
}  // namespace consilium
