/// Schedules of faults against real processes: the aggregator and two sites of tests/integration,
/// each site behind a bad line of its own. Whatever happens, the model must have the bits of an
/// undisturbed run.
///
///   build/release/tests/process_faults --schedules 0-49
///
/// One line per schedule; a failing one is printed as its list of events, with what the processes
/// said. A step is 50 ms unless --step says otherwise: a faster machine is struck at other moments
/// of its run. Nothing strikes any more once the run is finished.
#include "tests/faults/fault_relay.h"
#include "tests/faults/fault_schedule.h"
#include "tests/integration/small_federation.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace consilium {
namespace {

constexpr int kSteps = 100;
constexpr int kRounds = 3;
constexpr const char* kSites[] = {"A", "B"};
const std::vector<FaultKind> kProcessFaults = {
    FaultKind::kSiteKilled,   FaultKind::kSiteAway, FaultKind::kConnectionCut,
    FaultKind::kChunkCorrupt, FaultKind::kDelay,    FaultKind::kAggregatorKilled};

class DisturbedRun {
 public:
  DisturbedRun(SmallFederation& federation, const FaultSchedule& schedule, Millis step)
      : federation_(federation),
        schedule_(schedule),
        step_(step),
        name_("faults" + std::to_string(schedule.seed)),
        aggregator_(federation.StartAggregator(name_)) {
    for (const char* site : kSites) {
      relays_.push_back(std::make_unique<FaultRelay>(federation.port()));
      sites_.push_back(StartSite(site, relays_.back()->port()));
    }
  }

  /// Empty if all went well.
  std::string Play(const std::string& expected) {
    auto next = schedule_.faults.begin();
    for (int step = 0; next != schedule_.faults.end() && !IsFinished(); ++step) {
      while (next != schedule_.faults.end() && next->step <= step) Strike(*next++);
      std::this_thread::sleep_for(step_);
    }
    if (aggregator_.Wait(SmallFederation::kPatience) != 0) return Report("the aggregator");
    for (Process& site : sites_) {
      if (site.Wait(SmallFederation::kPatience) != 0) return Report("a site");
    }
    const std::string digest = federation_.ResultDigest(name_);
    return digest == expected ? "" : "another model: " + digest + ", expected " + expected;
  }

 private:
  Process StartSite(const std::string& site, int port) {
    return federation_.StartSite(site, name_ + "." + site, "", /*retry_seconds=*/60, port);
  }

  bool IsFinished() {
    return aggregator_.Output().find("run finished") != std::string::npos ||
           aggregator_.Wait(Millis(0)).has_value();
  }

  void Strike(const Fault& fault) {
    const auto index = static_cast<std::size_t>(fault.site);
    switch (fault.kind) {
      case FaultKind::kSiteKilled:
        if (sites_[index].Wait(Millis(0))) return;
        sites_[index].Kill();
        sites_[index] = StartSite(kSites[index], relays_[index]->port());
        return;
      case FaultKind::kSiteAway:
        sites_[index].Signal(SIGSTOP);
        std::this_thread::sleep_for(fault.amount * step_);
        sites_[index].Signal(SIGCONT);
        return;
      case FaultKind::kConnectionCut:
        return relays_[index]->Cut();
      case FaultKind::kChunkCorrupt:
        return relays_[index]->Corrupt();
      case FaultKind::kDelay:
        return relays_[index]->Delay(fault.amount * step_);
      case FaultKind::kAggregatorKilled:
        aggregator_.Kill();
        std::this_thread::sleep_for(fault.amount * step_);
        aggregator_ = federation_.StartAggregator(name_);
        return;
      default:
        throw std::logic_error("a fault that no process can have");
    }
  }

  std::string Report(const std::string& who) const {
    std::string text = who + " did not end well\naggregator:\n" + aggregator_.Output();
    text.append(aggregator_.Errors());
    for (const Process& site : sites_) {
      text.append("\nsite:\n").append(site.Output()).append(site.Errors());
    }
    return text;
  }

  SmallFederation& federation_;
  const FaultSchedule& schedule_;
  const Millis step_;
  const std::string name_;
  Process aggregator_;
  std::vector<std::unique_ptr<FaultRelay>> relays_;
  std::vector<Process> sites_;
};

/// How many schedules failed.
int PlayAll(int first, int last, Millis step) {
  SmallFederation federation(kRounds);
  const std::string expected = federation.RunUndisturbed("undisturbed");
  if (expected.size() != 64) throw std::runtime_error("the undisturbed run: " + expected);
  int failed = 0;
  for (int seed = first; seed <= last; ++seed) {
    const FaultSchedule schedule =
        DrawFaults(static_cast<std::uint64_t>(seed), std::size(kSites), kSteps, kProcessFaults);
    const auto start = std::chrono::steady_clock::now();
    const std::string fault = DisturbedRun(federation, schedule, step).Play(expected);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << ToString(schedule) << (fault.empty() ? " ok" : " FAILED: " + fault) << " ("
              << took.count() << " s)" << std::endl;
    failed += fault.empty() ? 0 : 1;
  }
  std::cout << last - first + 1 - failed << " of " << last - first + 1 << " ended with the model "
            << expected << '\n';
  return failed;
}

int Main(int argc, char** argv) {
  CLI::App app("faults against real processes");
  std::string schedules = "0-49";
  app.add_option("--schedules", schedules, "FIRST-LAST")->check([](const std::string& text) {
    const bool range = text.find_first_not_of("0123456789-") == text.npos &&
                       text.find('-') != text.npos && text.front() != '-' && text.back() != '-';
    return range ? std::string() : "expected FIRST-LAST";
  });
  int step = 50;
  app.add_option("--step", step, "milliseconds")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  const int first = std::stoi(schedules);
  return PlayAll(first, std::stoi(schedules.substr(schedules.find('-') + 1)), Millis(step)) == 0
             ? 0
             : 1;
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  try {
    return consilium::Main(argc, argv);
  } catch (const std::exception& thrown) {
    std::cerr << thrown.what() << '\n';
    return 1;
  }
}
