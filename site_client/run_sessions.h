/// Sessions of a site that go on side by side, one thread each.
///
/// Ending   the destructor requests the interrupt and waits for all of them.
/// Threads  Start and Next by one thread; `serve` runs in the session's own.
#pragma once

#include "common/base/clock.h"
#include "common/base/interrupt.h"
#include "common/federation/messages.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace consilium {

class RunSessions {
 public:
  using SetPaused = std::function<void(bool paused)>;
  /// Takes part in the run until it is over or the interrupt is requested.
  using Serve = std::function<Status(const RunOffer& offer, const Interrupt& interrupt,
                                     const SetPaused& set_paused)>;
  struct Ended {
    RunId run;
    Status status;
  };

  explicit RunSessions(Serve serve) : serve_(std::move(serve)) {}
  ~RunSessions();
  RunSessions(const RunSessions&) = delete;
  RunSessions& operator=(const RunSessions&) = delete;

  /// Not one that goes on already.
  void Start(const RunOffer& offer);
  /// A session that has ended; waits up to `patience` for it.
  std::optional<Ended> Next(Millis patience);
  /// Those whose run is paused.
  std::set<RunId> Paused() const;

 private:
  void Run(const RunOffer& offer);
  void NotePause(const RunId& run, bool paused);

  const Serve serve_;
  Interrupt interrupt_;
  std::map<RunId, std::thread> threads_;  // of the starting thread alone
  mutable std::mutex mutex_;
  std::condition_variable one_ended_;
  std::deque<Ended> ended_;  // guarded by mutex_, as the next
  std::set<RunId> paused_;
};

}  // namespace consilium
