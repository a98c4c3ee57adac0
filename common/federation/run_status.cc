#include "common/federation/run_status.h"

#include <array>
#include <utility>

namespace consilium {
namespace {

constexpr std::array kStates = {std::pair{RunState::kQueued, std::string_view("queued")},
                                std::pair{RunState::kWaiting, std::string_view("waiting")},
                                std::pair{RunState::kRunning, std::string_view("running")},
                                std::pair{RunState::kPaused, std::string_view("paused")},
                                std::pair{RunState::kFinished, std::string_view("finished")},
                                std::pair{RunState::kIncomplete, std::string_view("incomplete")},
                                std::pair{RunState::kFailed, std::string_view("failed")},
                                std::pair{RunState::kCancelled, std::string_view("cancelled")},
                                std::pair{RunState::kRemoved, std::string_view("removed")}};
constexpr std::array kOrders = {std::pair{RunOrder::kPause, std::string_view("pause")},
                                std::pair{RunOrder::kResume, std::string_view("resume")},
                                std::pair{RunOrder::kCancel, std::string_view("cancel")},
                                std::pair{RunOrder::kRemove, std::string_view("remove")}};
constexpr std::array kStandings = {
    std::pair{SiteStanding::kOpen, std::string_view("open")},
    std::pair{SiteStanding::kIn, std::string_view("in")},
    std::pair{SiteStanding::kLate, std::string_view("late")},
    std::pair{SiteStanding::kFailed, std::string_view("failed")},
    std::pair{SiteStanding::kAbsent, std::string_view("absent")},
    std::pair{SiteStanding::kUnselected, std::string_view("unselected")},
    std::pair{SiteStanding::kRefused, std::string_view("refused")},
    std::pair{SiteStanding::kEvaluates, std::string_view("evaluates")},
    std::pair{SiteStanding::kAbstained, std::string_view("abstained")}};

template <typename Table, typename Value>
std::string_view TextOf(const Table& table, Value value) {
  for (const auto& [known, text] : table) {
    if (known == value) return text;
  }
  return "?";
}

template <typename Table>
Result<typename Table::value_type::first_type> ValueOf(const Table& table, std::string_view text) {
  std::string expected;
  for (const auto& [value, known] : table) {
    if (known == text) return value;
    expected.append(expected.empty() ? "" : ", ").append(known);
  }
  return InvalidArgument(std::string("'").append(text).append("', expected one of ") + expected);
}

}  // namespace

std::string_view ToString(RunState state) { return TextOf(kStates, state); }
std::string_view ToString(RunOrder order) { return TextOf(kOrders, order); }
std::string_view ToString(SiteStanding standing) { return TextOf(kStandings, standing); }
Result<RunState> ParseRunState(std::string_view text) { return ValueOf(kStates, text); }
Result<RunOrder> ParseRunOrder(std::string_view text) { return ValueOf(kOrders, text); }
Result<SiteStanding> ParseSiteStanding(std::string_view text) { return ValueOf(kStandings, text); }

bool IsOver(RunState state) {
  switch (state) {
    case RunState::kQueued:
    case RunState::kWaiting:
    case RunState::kRunning:
    case RunState::kPaused:
      return false;
    case RunState::kFinished:
    case RunState::kIncomplete:
    case RunState::kFailed:
    case RunState::kCancelled:
    case RunState::kRemoved:
      return true;
  }
  return true;
}

}  // namespace consilium
