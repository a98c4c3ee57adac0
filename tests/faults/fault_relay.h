/// A bad line: passes TCP connections of this machine on to another port, and breaks them on order.
///
/// Threads: orders from any; inside one that accepts and two per connection.
#pragma once

#include "common/base/clock.h"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

namespace consilium {

class FaultRelay {
 public:
  /// Listens on a free port at once; nobody needs to listen on `target` yet.
  explicit FaultRelay(int target);
  ~FaultRelay();
  FaultRelay(const FaultRelay&) = delete;
  FaultRelay& operator=(const FaultRelay&) = delete;

  int port() const { return port_; }
  /// Ends all connections in the middle of whatever they say.
  void Cut();
  /// Passes nothing on for so long.
  void Delay(Millis length);
  /// Changes a byte of what comes next from the site.
  void Corrupt() { corrupt_ = true; }

 private:
  struct Connection {
    int near = -1;
    int far = -1;
    std::thread up;
    std::thread down;
  };

  void Accept();
  void Pass(int from, int to, bool upward);

  const int target_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<bool> corrupt_ = false;
  std::atomic<std::int64_t> delayed_until_ = 0;  // milliseconds of the steady clock
  std::mutex mutex_;
  std::list<Connection> connections_;  // guarded by mutex_
  std::thread acceptor_;
};

}  // namespace consilium
