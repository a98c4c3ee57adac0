#include "tests/faults/fault_schedule.h"

#include "common/base/random_stream.h"

#include <algorithm>

namespace consilium {
namespace {

constexpr int kFewest = 3;
constexpr int kMore = 10;

struct KindRow {
  FaultKind kind;
  std::string_view text;
  bool of_site;
  std::int64_t least;  // of the amount
  std::int64_t most;   // 0: the kind has none
  std::string_view unit;
};

constexpr KindRow kKinds[] = {
    {FaultKind::kSiteKilled, "killed", true, 0, 0, ""},
    {FaultKind::kSiteAway, "away", true, 1, 60, "steps"},
    {FaultKind::kSiteLeaves, "leaves", true, 0, 0, ""},
    {FaultKind::kConnectionCut, "cut off", true, 0, 0, ""},
    {FaultKind::kChunkTwice, "sends a chunk twice", true, 0, 0, ""},
    {FaultKind::kChunkCorrupt, "sends a chunk changed", true, 0, 0, ""},
    {FaultKind::kUpdateTwice, "sends its update twice", true, 0, 0, ""},
    {FaultKind::kAggregatorKilled, "aggregator killed", false, 0, 12, "steps"},
    {FaultKind::kPowerCut, "power cut before change", false, 1, 20, "from now"},
    {FaultKind::kPowerCutAfter, "power cut after change", false, 1, 20, "from now"},
    {FaultKind::kDiskFull, "disk full", false, 1, 40, "steps"},
    {FaultKind::kClockForward, "clock forward", false, 1, 3600, "seconds"},
    {FaultKind::kClockBack, "clock back", false, 1, 3600, "seconds"},
    {FaultKind::kDelay, "delayed", true, 1, 40, "steps"},
};

const KindRow& RowOf(FaultKind kind) { return *std::ranges::find(kKinds, kind, &KindRow::kind); }

}  // namespace

std::string_view ToString(FaultKind kind) { return RowOf(kind).text; }

FaultSchedule DrawFaults(std::uint64_t seed, int sites, int steps,
                         const std::vector<FaultKind>& kinds) {
  std::vector<FaultKind> choice = kinds;
  if (choice.empty()) {
    choice.reserve(std::size(kKinds));
    for (const KindRow& row : kKinds) choice.push_back(row.kind);
  }
  RandomStream random(StreamSeed(seed, {"faults"}));
  FaultSchedule schedule{seed, {}};
  const auto count = kFewest + random.Below(kMore);
  bool left = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    Fault fault;
    fault.step = static_cast<int>(random.Below(static_cast<std::uint64_t>(steps)));
    fault.kind = choice[random.Below(choice.size())];
    fault.site = static_cast<int>(random.Below(static_cast<std::uint64_t>(sites)));
    const KindRow& row = RowOf(fault.kind);
    if (row.most > 0) {
      const auto range = static_cast<std::uint64_t>(row.most - row.least + 1);
      fault.amount = row.least + static_cast<std::int64_t>(random.Below(range));
    }
    if (fault.kind == FaultKind::kSiteLeaves && std::exchange(left, true)) continue;
    schedule.faults.push_back(fault);
  }
  std::ranges::stable_sort(schedule.faults, {}, &Fault::step);
  return schedule;
}

std::string ToString(const FaultSchedule& schedule) {
  std::string text = "schedule " + std::to_string(schedule.seed) + ":";
  for (const Fault& fault : schedule.faults) {
    const KindRow& row = RowOf(fault.kind);
    text.append(" step ").append(std::to_string(fault.step)).append(" ");
    if (row.of_site)
      text.append("site ").append(1, static_cast<char>('A' + fault.site)).append(" ");
    text.append(row.text);
    if (row.most > 0) {
      text.append(" ").append(std::to_string(fault.amount)).append(" ").append(row.unit);
    }
    text.append(";");
  }
  return text;
}

}  // namespace consilium
