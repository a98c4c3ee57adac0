#include "aggregator/admin/transfer_progress.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace consilium {
namespace {

constexpr Millis kBetweenLines{200};

/// "0:48", "1:02:03".
std::string DurationText(std::int64_t seconds) {
  char text[32];
  if (seconds >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  }
  return text;
}

}  // namespace

std::string SizeText(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1000.0 && unit + 1 < kUnits.size(); ++unit) size /= 1000.0;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", size, kUnits[unit]);
  return text;
}

std::string TransferProgress::Update(std::uint64_t done, std::uint64_t total, Millis elapsed) {
  if (ended_) return "";
  ended_ = done >= total;
  const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  const auto tenths = static_cast<std::uint64_t>(share * 10.0);
  const bool due =
      on_terminal_ ? shown_.count() < 0 || elapsed - shown_ >= kBetweenLines : tenths > tenths_;
  if (!due && !(ended_ && on_terminal_)) return "";
  shown_ = elapsed;
  tenths_ = tenths;

  std::string text = on_terminal_ ? "\r\x1b[K" : "";
  text.append(what_).append(": ").append(std::to_string(static_cast<int>(share * 100.0)));
  text.append(" %, ").append(SizeText(done)).append(" of ").append(SizeText(total));
  const double seconds = static_cast<double>(elapsed.count()) / 1000.0;
  if (done > 0 && seconds > 0.0) {
    const double rate = static_cast<double>(done) / seconds;
    text.append(", ").append(SizeText(static_cast<std::uint64_t>(rate))).append("/s");
    if (!ended_) {
      const double left = static_cast<double>(total - done) / rate;
      text.append(", ").append(DurationText(std::llround(left))).append(" left");
    }
  }
  if (ended_ || !on_terminal_) text.append("\n");
  return text;
}

}  // namespace consilium
