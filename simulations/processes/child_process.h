/// A program run beside this one, its output in a file. Killed and waited for when this is
/// destroyed. Threads: one thread per object.
#pragma once

#include "common/base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace consilium {

class ChildProcess {
 public:
  /// `command`: the program's path and its arguments. stdout and stderr go to `log_path`.
  /// Errors: kInvalidArgument if it cannot be started (names the program).
  static Result<ChildProcess> Start(const std::vector<std::string>& command,
                                    const std::string& log_path);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Exit code, or 128 + signal; none while it runs.
  std::optional<int> Poll();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> exit_code_;
};

/// Folder of the running program.
std::string OwnProgramFolder();

}  // namespace consilium
