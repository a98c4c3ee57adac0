/// Shows how far a study is: one bar on a terminal, plain lines elsewhere.
///
///   [=========>----------]  43 %  leaving out A_germany: mdmt-federated, round 3/10  12 min left
///
/// Work is measured in images to be trained on. The time left comes from the work done in this
/// process so far, so jobs that a resume skipped do not count.
/// Threads: all methods may be called from any thread.
#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace consilium {

class Progress {
 public:
  struct Options {
    std::ostream* out = nullptr;  ///< must outlive this; null: shows nothing
    bool terminal = false;        ///< redraw one line instead of adding lines
    int width = 80;               ///< columns of the terminal
    const Clock* clock = nullptr;
    Millis line_interval{5'000};  ///< least time between plain lines of steps
  };
  explicit Progress(const Options& options) : options_(options) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// All work of the study, and what an earlier process has done of it.
  void Plan(double work, double done_before, std::size_t jobs, std::size_t jobs_done);
  void JobStarted(std::size_t job, const std::string& label, double work);
  /// `fraction` of the job's work is done; `step` says where it is ("round 3/10").
  void JobStep(std::size_t job, double fraction, const std::string& step);
  void JobFinished(std::size_t job, const std::string& result);
  /// A line of its own.
  void Say(const std::string& line);

 private:
  struct Job {
    std::string label;
    double work = 0;
    double fraction = 0;
  };
  double DoneFraction() const;
  std::optional<Millis> TimeLeft() const;
  void Draw(const std::string& what);
  void Erase();
  void Line(const std::string& text);

  const Options options_;
  std::mutex mutex_;
  std::map<std::size_t, Job> running_;
  Timestamp started_;
  Timestamp last_line_;
  double work_ = 0;
  double done_before_ = 0;
  double done_here_ = 0;
  std::size_t jobs_ = 0;
  std::size_t jobs_done_ = 0;
  bool bar_shown_ = false;
};

/// "45 s", "12 min", "1 h 05 min".
std::string FormatDuration(Millis duration);

}  // namespace consilium
