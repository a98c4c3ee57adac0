#include "site_client/run_places.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr std::size_t kEndedKept = 100;  // well below what GetRun may name

}  // namespace

bool ConcernsTheRunAlone(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kAlreadyExists:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kNotFound:
      return true;
    default:
      return false;
  }
}

bool RunPlaces::HasRoom(const std::set<RunId>& paused) const {
  return std::ranges::count_if(taken_, [&](const RunId& run) { return !paused.contains(run); }) <
         max_runs_;
}

bool RunPlaces::Take(const RunId& run) {
  if (std::ranges::find(ended_, run) != ended_.end()) return false;
  return taken_.insert(run).second;
}

void RunPlaces::End(const RunId& run) {
  if (taken_.erase(run) == 0) return;
  ended_.push_back(run);
  if (ended_.size() > kEndedKept) ended_.pop_front();
}

}  // namespace consilium
