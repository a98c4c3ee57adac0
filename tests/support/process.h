/// A child process for tests: started, watched through its output files, killed and waited for.
///
/// Standard output and error go to files, so that a test can look at them while it runs. A process
/// that is still there at the end of the object is killed. Threads: none inside.
#pragma once

#include "common/base/clock.h"

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace consilium {

class Process {
 public:
  /// `arguments[0]` is the program. Output goes to `log` + ".out" and ".err".
  Process(std::vector<std::string> arguments, std::string log);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  /// Exit code, or minus the signal that ended it; empty if it still runs after `limit`.
  std::optional<int> Wait(Millis limit);
  void Signal(int signal) const;
  /// SIGKILL, and waits until it is gone.
  void Kill();
  std::string Output() const;
  std::string Errors() const;

 private:
  std::string log_;
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

/// The whole of a file; "" if there is none.
std::string FileText(const std::string& path);
/// Asks `condition` every few milliseconds until it holds (true) or `limit` is over (false).
bool Eventually(const std::function<bool()>& condition, Millis limit);

}  // namespace consilium
