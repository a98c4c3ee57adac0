/// Time as a seam: logic asks a Clock, tests hand it a SimulatedClock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace consilium {

using Millis = std::chrono::milliseconds;

/// UTC milliseconds since 1970.
struct Timestamp {
  std::int64_t millis = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero inside <=> for a pointer.
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  friend Timestamp operator+(Timestamp t, Millis d) { return {t.millis + d.count()}; }
};

/// Threads: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock : public Clock {
 public:
  Timestamp Now() const override;
};

/// Stands still until told otherwise.
class SimulatedClock : public Clock {
 public:
  explicit SimulatedClock(Timestamp start = {}) : millis_(start.millis) {}
  Timestamp Now() const override { return {millis_.load()}; }
  void Advance(Millis by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace consilium
