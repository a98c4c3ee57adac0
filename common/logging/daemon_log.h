/// The log of a daemon: lines on standard output, flushed one by one.
///
///   2026-01-31T12:00:00.000Z info round 1: 2 of 2 updates
///   {"level":"info","message":"round 1: 2 of 2 updates","time":"2026-01-31T12:00:00.000Z"}
///
/// No label, pixel, file name of a picture or patient id may be logged. Threads: any.
#pragma once

#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}  // namespace spdlog

namespace consilium {

class DaemonLog {
 public:
  explicit DaemonLog(bool json);
  ~DaemonLog();

  void Info(std::string_view line);
  void Warn(std::string_view line);
  void Error(std::string_view line);

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace consilium
