#include "simulations/progress/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace consilium {
namespace {

constexpr int kBarWidth = 20;

/// At most `columns` characters; UTF-8 sequences stay whole.
std::string Clipped(const std::string& text, int columns) {
  int seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && ++seen > columns) return text.substr(0, i);
  }
  return text;
}

std::string Percent(double fraction) {
  return std::to_string(static_cast<int>(std::floor(fraction * 100 + 1e-9))) + " %";
}

}  // namespace

std::string FormatDuration(Millis duration) {
  const std::int64_t seconds = (duration.count() + 999) / 1000;
  if (seconds < 60) return std::to_string(seconds) + " s";
  const std::int64_t minutes = (seconds + 59) / 60;
  if (minutes < 60) return std::to_string(minutes) + " min";
  char text[48];
  std::snprintf(text, sizeof(text), "%lld h %02lld min", static_cast<long long>(minutes / 60),
                static_cast<long long>(minutes % 60));
  return text;
}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  Erase();
}

void Progress::Plan(double work, double done_before, std::size_t jobs, std::size_t jobs_done) {
  const std::lock_guard lock(mutex_);
  work_ = work;
  done_before_ = done_before;
  jobs_ = jobs;
  jobs_done_ = jobs_done;
  started_ = options_.clock->Now();
  last_line_ = started_;
}

void Progress::JobStarted(std::size_t job, const std::string& label, double work) {
  const std::lock_guard lock(mutex_);
  running_[job] = {label, work, 0};
  Draw(label);
}

void Progress::JobStep(std::size_t job, double fraction, const std::string& step) {
  const std::lock_guard lock(mutex_);
  Job& running = running_[job];
  running.fraction = std::clamp(fraction, running.fraction, 1.0);
  const std::string what = running.label + ", " + step;
  if (options_.terminal) {
    Draw(what);
    return;
  }
  const Timestamp now = options_.clock->Now();
  if (now < last_line_ + options_.line_interval) return;
  last_line_ = now;
  const auto left = TimeLeft();
  Line(Percent(DoneFraction()) + "  " + what +
       (left ? "  " + FormatDuration(*left) + " left" : ""));
}

void Progress::JobFinished(std::size_t job, const std::string& result) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(job);
  if (found == running_.end()) return;
  const std::string label = found->second.label;
  done_here_ += found->second.work;
  running_.erase(found);
  ++jobs_done_;
  last_line_ = options_.clock->Now();
  Line("[" + std::to_string(jobs_done_) + "/" + std::to_string(jobs_) + "] " + label + ": " +
       result);
  if (!running_.empty()) Draw(running_.begin()->second.label);
}

void Progress::Say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  Line(line);
}

double Progress::DoneFraction() const {
  double done = done_before_ + done_here_;
  for (const auto& [id, job] : running_) done += job.work * job.fraction;
  return work_ > 0 ? std::min(1.0, done / work_) : 0;
}

std::optional<Millis> Progress::TimeLeft() const {
  const double fraction = DoneFraction();
  const double here = fraction * work_ - done_before_;
  const std::int64_t elapsed = options_.clock->Now().millis - started_.millis;
  if (here <= 0 || elapsed < 1000) return std::nullopt;
  const double left = (1 - fraction) * work_;
  return Millis(static_cast<std::int64_t>(static_cast<double>(elapsed) * left / here));
}

void Progress::Draw(const std::string& what) {
  if (!options_.terminal || options_.out == nullptr) return;
  const double fraction = DoneFraction();
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < kBarWidth) bar += '>';
  bar.resize(kBarWidth, '-');
  const auto left = TimeLeft();
  const std::string tail = left ? "  " + FormatDuration(*left) + " left" : "";
  const std::string head = "[" + bar + "] " + Percent(fraction) + "  ";
  const int room = options_.width - 1 - static_cast<int>(head.size() + tail.size());
  *options_.out << "\r\033[K" << head << Clipped(what, std::max(room, 0)) << tail << std::flush;
  bar_shown_ = true;
}

void Progress::Erase() {
  if (bar_shown_) *options_.out << "\r\033[K" << std::flush;
  bar_shown_ = false;
}

void Progress::Line(const std::string& text) {
  if (options_.out == nullptr) return;
  Erase();
  *options_.out << text << std::endl;
}

}  // namespace consilium
