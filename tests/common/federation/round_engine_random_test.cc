/// Invariants of the RoundEngine under lists of events that nobody would write by hand.
#include "common/base/random_stream.h"
#include "common/federation/round_engine.h"
#include "tests/common/federation/round_engine_fixture.h"

#include <set>

namespace consilium {
namespace {

constexpr int kEvents = 300;
constexpr int kLists = 24;

/// Mostly sensible events for a run of sites A-D, and some that come too early, too late or twice.
class EventSource {
 public:
  explicit EventSource(std::uint64_t seed) : random_(seed) {}

  Event Next(const RoundEngine& engine) {
    now_ = now_ + Millis{static_cast<std::int64_t>(random_.Below(300))};
    return {now_, What(engine)};
  }

 private:
  decltype(Event::what) What(const RoundEngine& engine) {
    const std::string site(1, static_cast<char>('A' + random_.Below(4)));
    const auto slip = static_cast<RoundNumber>(random_.Bernoulli(0.1) ? random_.Below(3) : 1) - 1;
    const RoundNumber round = engine.round() + slip;
    switch (random_.Below(10)) {
      case 0:
        return RunOpened{Model(0)};
      case 1:
        return SiteJoined{Declaration(site, site == "D" ? 0 : 4)};
      case 2:
        return SiteLost{SiteId(site)};
      case 3:
      case 4:
        return UpdateSpooled{SiteId(site), round, random_.Bernoulli(0.9) ? "same" : "other", 20};
      case 5:
        return ModelStored{round, Model(round + 1)};
      case 6:
      case 7:
        return EvaluationReceived{SiteId(site), round + 1, Counts(random_.Uniform())};
      case 8:
        return SiteTurnedAway{
            SiteId(site),
            random_.Bernoulli(0.5) ? SiteStanding::kAbstained : SiteStanding::kRefused, "why"};
      default:
        return DeadlinePassed{round};
    }
  }

  RandomStream random_;
  Timestamp now_{1};
};

std::string StateOf(const RoundEngine& engine) {
  std::string state = std::string(ToString(engine.phase())) + " " + std::to_string(engine.round()) +
                      " " + engine.model().digest + " " + std::to_string(engine.best_version());
  for (const auto& [id, site] : engine.sites()) {
    const Instruction told = engine.InstructionFor(id);
    state += " " + id.str() + (site.live ? "+" : "-") +
             std::to_string(static_cast<int>(told.kind)) + ":" +
             std::to_string(told.learning_rate) + (engine.IsSelected(id) ? "s" : "");
  }
  for (const auto& [id, update] : engine.updates()) state += " " + id.str() + update.digest;
  for (const auto& [id, away] : engine.turned_away()) {
    state.append(" ").append(id.str()).append(ToString(away.standing));
  }
  return state;
}

class RoundEngineRandomTest : public ::testing::TestWithParam<int> {};

TEST_P(RoundEngineRandomTest, HoldsItsInvariantsAndReplaysItsLog) {
  RoundEngine::Options options = EngineOptions(2, 1 + GetParam() % 2, 6);
  options.rounds.evaluate_every = 1 + GetParam() / 2 % 3;
  if (GetParam() % 4 == 3) options.rounds.select_fraction = 0.5;
  if (GetParam() % 5 == 4) options.rounds.evaluation_sites = {SiteId("C")};
  RoundEngine engine(options);
  EventSource source(StreamSeed(static_cast<std::uint64_t>(GetParam()), {"engine events"}));
  std::vector<Event> log;
  std::vector<std::string> answers;
  std::set<RoundNumber> aggregated;
  for (int i = 0; i < kEvents; ++i) {
    const RoundNumber round_before = engine.round();
    const std::string state_before = StateOf(engine);
    const Event event = source.Next(engine);
    const std::vector<Command> commands = engine.Step(event);
    ASSERT_GE(engine.round(), round_before);
    ASSERT_LE(engine.round(), round_before + 1);
    ASSERT_LT(engine.round(), options.rounds.rounds);
    if (Summary(commands) == "reject") {
      ASSERT_EQ(StateOf(engine), state_before) << "a rejected event changed something";
    }
    for (const Command& command : commands) {
      if (const auto* aggregate = std::get_if<Aggregate>(&command)) {
        ASSERT_TRUE(aggregated.insert(aggregate->round).second) << "a round counted twice";
        ASSERT_GE(static_cast<int>(aggregate->updates.size()), options.rounds.quorum);
        std::set<SiteId> once;
        for (const auto& [site, images] : aggregate->updates) {
          ASSERT_TRUE(once.insert(site).second);
          ASSERT_TRUE(aggregate->weights.contains(site));
        }
      }
    }
    log.push_back(event);
    answers.push_back(Summary(commands));
  }

  RoundEngine replayed(options);
  for (std::size_t i = 0; i < log.size(); ++i) {
    ASSERT_EQ(Summary(replayed.Step(log[i])), answers[i]);
  }
  EXPECT_EQ(StateOf(replayed), StateOf(engine));

  RoundEngine without_rejected(options);
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (answers[i] != "reject") without_rejected.Step(log[i]);
  }
  EXPECT_EQ(StateOf(without_rejected), StateOf(engine));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundEngineRandomTest, ::testing::Range(0, kLists));

}  // namespace
}  // namespace consilium
