/// A job's process: its output is added to a file, and it dies with the process that started it,
/// however that ends, so that nothing goes on behind the next one's back.
///
/// Threads: all calls from the thread that started it, which must outlive it (the kernel counts
/// that thread as the parent).
#pragma once

#include "common/base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace consilium {

class JobProcess {
 public:
  struct Ended {
    int exit_code = 0;  ///< or 128 + signal
    double peak_memory_mib = 0;
  };
  /// `command`: the program's path and its arguments. Errors: kResourceExhausted if no process can
  /// be made; a program that cannot be run ends with 127.
  static Result<JobProcess> Start(const std::vector<std::string>& command,
                                  const std::string& log_path);
  ~JobProcess();  ///< kills it
  JobProcess(JobProcess&& other) noexcept;
  JobProcess& operator=(JobProcess&& other) noexcept;

  /// None while it runs.
  std::optional<Ended> Poll();
  /// Asks it to stop in order.
  void Terminate() const;

 private:
  explicit JobProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // -1: none, or it was waited for
};

}  // namespace consilium
