// Any text as an event log, one event a line: lines that are no events are refused, the others are
// stepped through a RoundEngine, where each is taken or rejected, and a second engine that steps the
// same events stands where the first does.

#include "aggregator/event_codec.h"
#include "common/base/check.h"
#include "common/base/task_spec.h"

#include <sstream>
#include <string_view>

namespace consilium {
namespace {

RoundEngine NewEngine() {
  RoundEngine::Options options;
  options.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  options.rounds.rounds = 2;
  options.rounds.expected_sites = 2;
  return RoundEngine(options);
}

void Try(std::string_view text) {
  RoundEngine engine = NewEngine();
  RoundEngine twin = NewEngine();
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const Result<Event> event = DecodeEvent(line);
    if (!event.ok()) {
      CONSILIUM_CHECK(event.status().code() == StatusCode::kDataLoss);
      continue;
    }
    CONSILIUM_CHECK(EncodeEvent(DecodeEvent(EncodeEvent(*event)).value()) == EncodeEvent(*event));
    engine.Step(*event);
    twin.Step(*event);
    // NaN equals nothing, and a site may report it.
    CONSILIUM_CHECK(engine.phase() == twin.phase() && engine.round() == twin.round());
    CONSILIUM_CHECK(engine.updates() == twin.updates());
  }
}

}  // namespace
}  // namespace consilium

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  consilium::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
