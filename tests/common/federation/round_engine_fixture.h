/// Shorthand for lists of events and commands of a RoundEngine.
#pragma once

#include "common/federation/round_engine.h"
#include "tests/support/status_matchers.h"

#include <string>
#include <vector>

namespace consilium {

/// Kinds of commands in their order, as a line: "wake deadline", "aggregate(A,B)", "reject".
inline std::string Summary(const std::vector<Command>& commands) {
  std::string line;
  for (const Command& command : commands) {
    if (!line.empty()) line += ' ';
    if (std::holds_alternative<WakeSites>(command)) line += "wake";
    if (std::holds_alternative<SetDeadline>(command)) line += "deadline";
    if (std::holds_alternative<NoDeadline>(command)) line += "no-deadline";
    if (std::holds_alternative<Retire>(command)) line += "retire";
    if (std::holds_alternative<Finish>(command)) line += "finish";
    if (std::holds_alternative<Reject>(command)) line += "reject";
    if (const auto* aggregate = std::get_if<Aggregate>(&command)) {
      line += "aggregate(";
      for (const auto& [site, images] : aggregate->updates) line += site.str();
      line += ')';
    }
  }
  return line;
}

inline SiteDeclaration Declaration(const std::string& site, std::int64_t validation = 4) {
  return {SiteId(site), 20, {{TaskId("prognosis"), 20, validation}}, "layout"};
}

inline std::vector<TaskCounts> Counts(double mean_loss, std::int64_t images = 4) {
  TaskCounts counts = EmptyCounts(PrognosisTask());
  counts.n = images;
  counts.loss_sum = mean_loss * static_cast<double>(images);
  return {counts};
}

inline ModelRef Model(RoundNumber version) {
  return {"digest-" + std::to_string(version), 64, version};
}

inline RoundEngine::Options EngineOptions(int expected_sites = 2, int quorum = 1, int rounds = 3) {
  RoundEngine::Options options;
  options.tasks = {PrognosisTask()};
  options.rounds.rounds = rounds;
  options.rounds.expected_sites = expected_sites;
  options.rounds.quorum = quorum;
  options.rounds.deadline = Millis{1000};
  return options;
}

class RoundEngineTest : public ::testing::Test {
 protected:
  void Begin(RoundEngine::Options options, const std::vector<std::string>& sites) {
    engine_ = RoundEngine(std::move(options));
    ASSERT_EQ(Tell(RunOpened{Model(0)}), "");
    for (const std::string& site : sites) Tell(SiteJoined{Declaration(site)});
  }
  std::string Tell(decltype(Event::what) what) {
    commands_ = engine_.Step({now_, std::move(what)});
    return Summary(commands_);
  }
  std::string Update(const std::string& site, const std::string& digest = "bytes") {
    return Tell(UpdateSpooled{SiteId(site), engine_.round(), digest, 20});
  }
  std::string Store() { return Tell(ModelStored{engine_.round(), Model(engine_.round() + 1)}); }
  std::string Evaluate(const std::string& site, double loss) {
    return Tell(EvaluationReceived{SiteId(site), engine_.model().version, Counts(loss)});
  }
  std::string Lose(const std::string& site) { return Tell(SiteLost{SiteId(site)}); }
  std::string PassDeadline() {
    now_ = now_ + Millis{1000};
    return Tell(DeadlinePassed{engine_.round()});
  }
  InstructionKind Asked(const std::string& site) {
    return engine_.InstructionFor(SiteId(site)).kind;
  }
  Status Reason() const { return std::get<Reject>(commands_.at(0)).reason; }

  RoundEngine engine_{EngineOptions()};
  Timestamp now_{5000};
  std::vector<Command> commands_;
};

}  // namespace consilium
