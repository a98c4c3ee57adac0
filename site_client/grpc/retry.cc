#include "site_client/grpc/retry.h"

#include "common/base/random_stream.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace consilium {
namespace {

bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kDeadlineExceeded;
}

}  // namespace

Status Retry::Run(const std::function<Status()>& attempt) {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + options_.retry_for;
  RandomStream jitter(++seed_);
  Millis pause = options_.first_pause;
  for (;;) {
    if (options_.interrupt != nullptr && options_.interrupt->Requested()) {
      return Cancelled("interrupted");
    }
    Status status = attempt();
    if (!MayPass(status)) return status;
    if (examine_ && status.code() == StatusCode::kUnavailable) {
      CONSILIUM_RETURN_IF_ERROR(examine_());
    }
    const Millis jittered(
        static_cast<std::int64_t>(static_cast<double>(pause.count()) * jitter.Uniform(0.5, 1.0)));
    if (SteadyClock::now() + jittered > until) return status;
    if (options_.on_retry) options_.on_retry(status, jittered);
    if (!Pause(jittered)) return Cancelled("interrupted");
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

bool Retry::Pause(Millis length) const {
  constexpr Millis kSlice{50};
  for (Millis rest = length; rest.count() > 0; rest -= kSlice) {
    if (options_.interrupt != nullptr && options_.interrupt->Requested()) return false;
    std::this_thread::sleep_for(std::min(rest, kSlice));
  }
  return true;
}

}  // namespace consilium
