#include "aggregator/ordered_walk.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace consilium {
namespace {

class Walk {
 public:
  Walk(std::size_t items, const WalkHalf& load, const WalkHalf& finish)
      : items_(items), load_(load), finish_(finish) {}

  void Work(std::size_t worker) {
    std::size_t item = 0;
    while (Take(item)) {
      Status status = load_(worker, item);
      if (!AwaitTurn(item)) return;
      if (status.ok()) status = finish_(worker, item);
      Pass(std::move(status));
    }
  }

  const Status& status() const { return status_; }

 private:
  bool Take(std::size_t& item) {
    const std::lock_guard lock(mutex_);
    if (next_ == items_ || !status_.ok()) return false;
    item = next_++;
    return true;
  }

  /// False if an item before failed.
  bool AwaitTurn(std::size_t item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == item || !status_.ok(); });
    return status_.ok();
  }

  void Pass(Status status) {
    {
      const std::lock_guard lock(mutex_);
      ++turn_;
      status_ = std::move(status);
    }
    changed_.notify_all();
  }

  const std::size_t items_;
  const WalkHalf& load_;
  const WalkHalf& finish_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t turn_ = 0;
  Status status_;
};

}  // namespace

Status OrderedWalk(std::size_t items, std::size_t workers, const WalkHalf& load,
                   const WalkHalf& finish) {
  Walk walk(items, load, finish);
  std::vector<std::thread> others;
  const std::size_t count = std::clamp<std::size_t>(workers, 1, std::max<std::size_t>(items, 1));
  others.reserve(count - 1);
  for (std::size_t worker = 1; worker < count; ++worker) {
    others.emplace_back([&walk, worker] { walk.Work(worker); });
  }
  walk.Work(0);
  for (std::thread& other : others) other.join();
  return walk.status();
}

}  // namespace consilium
