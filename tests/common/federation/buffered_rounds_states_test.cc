/// Every state that a small run under fedbuff can reach, and what must hold in each: as
/// round_engine_states_test.cc, where time stands still too.
#include "common/federation/round_engine.h"
#include "tests/common/federation/round_engine_fixture.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace consilium {
namespace {

using What = decltype(Event::what);

constexpr int kVersions = 2;

struct BufferedCase {
  int sites;
  int buffer_size;
  RoundNumber max_staleness;
  int evaluate_every = 1;
};

std::vector<What> BufferedEvents(int sites) {
  std::vector<What> events{RunOpened{Model(0)}};
  for (RoundNumber round = 0; round < kVersions; ++round) {
    events.emplace_back(ModelStored{round, Model(round + 1)});
    events.emplace_back(DeadlinePassed{round});
  }
  for (int i = 0; i < sites; ++i) {
    const std::string site(1, static_cast<char>('A' + i));
    events.emplace_back(SiteJoined{Declaration(site, site == "B" ? 0 : 4)});
    events.emplace_back(SiteLost{SiteId(site)});
    for (RoundNumber round = 0; round < kVersions; ++round) {
      events.emplace_back(SiteBegan{SiteId(site), round});
      events.emplace_back(UpdateSpooled{SiteId(site), round, "bytes", 20});
      events.emplace_back(EvaluationReceived{SiteId(site), round + 1, Counts(0.5)});
    }
  }
  events.emplace_back(UpdateSpooled{SiteId("A"), 0, "others", 20});
  return events;
}

std::string BufferedKey(const RoundEngine& engine, int sites) {
  std::string key(ToString(engine.phase()));
  key.append(" ").append(std::to_string(engine.round()));
  key.append(" of ").append(std::to_string(engine.history().size()));
  for (const NamedUpdate& update : engine.NeededUpdates()) {
    key.append(" ").append(update.site.str()).append(std::to_string(update.round));
  }
  for (int i = 0; i < sites; ++i) {
    const SiteId site(std::string(1, static_cast<char>('A' + i)));
    const Instruction told = engine.InstructionFor(site);
    key.append(" ").append(std::to_string(static_cast<int>(told.kind)));
    key.append(std::to_string(told.round));
    key.append(engine.UnderWay(site) ? "u" : "");
    const auto known = engine.sites().find(site);
    key.append(known == engine.sites().end() ? "?" : known->second.live ? "+" : "-");
  }
  return key;
}

class BufferedStates {
 public:
  explicit BufferedStates(BufferedCase run) : run_(run), options_(EngineOptions(run.sites, 1)) {
    options_.rounds.rounds = kVersions;
    options_.rounds.deadline = Millis{0};
    options_.rounds.evaluate_every = run.evaluate_every;
    options_.buffer = FedBuffOptions{};
    options_.buffer->buffer_size = run.buffer_size;
    options_.buffer->max_staleness = run.max_staleness;
  }

  void Explore() {
    Enter(RoundEngine(options_));
    for (std::size_t i = 0; i < states_.size() && !testing::Test::HasFatalFailure(); ++i) {
      const RoundEngine state = states_[i];
      CheckState(state);
      for (const What& what : BufferedEvents(run_.sites)) {
        RoundEngine next = state;
        const std::vector<Command> commands = next.Step({Timestamp{0}, what});
        CheckStep(state, what, commands, next);
        const std::size_t reached = Enter(std::move(next));
        if (reached != i) comes_from_[reached].push_back(i);
      }
    }
  }

  void CheckEnds() const {
    std::vector<bool> ends(states_.size(), false);
    std::vector<std::size_t> open;
    const auto mark = [&](std::size_t state) {
      if (!ends[state]) open.push_back(state);
      ends[state] = true;
    };
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].phase() == RoundPhase::kFinished) mark(i);
    }
    while (!open.empty()) {
      const std::size_t state = open.back();
      open.pop_back();
      for (const std::size_t before : comes_from_[state]) mark(before);
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      ASSERT_TRUE(ends[i]) << "stuck: " << BufferedKey(states_[i], run_.sites);
    }
  }

  std::size_t size() const { return states_.size(); }

 private:
  std::size_t Enter(RoundEngine engine) {
    std::vector<std::size_t>& alike = by_key_[BufferedKey(engine, run_.sites)];
    for (const std::size_t known : alike) {
      if (states_[known] == engine) return known;
    }
    alike.push_back(states_.size());
    states_.push_back(std::move(engine));
    comes_from_.emplace_back();
    return states_.size() - 1;
  }

  void CheckState(const RoundEngine& engine) const {
    SCOPED_TRACE(BufferedKey(engine, run_.sites));
    ASSERT_LT(engine.round(), kVersions);
    ASSERT_LE(engine.best_version(), engine.model().version);
    ASSERT_EQ(engine.best_model().version, engine.best_version());
    const std::set<RoundNumber> models = engine.NeededModels();
    for (const NamedUpdate& update : engine.NeededUpdates()) {
      ASSERT_TRUE(models.contains(update.round)) << "what an update started from is gone";
    }
    for (const auto& [id, site] : engine.sites()) {
      const Instruction told = engine.InstructionFor(id);
      ASSERT_EQ(told.kind == InstructionKind::kFinish, engine.phase() == RoundPhase::kFinished);
      if (told.kind == InstructionKind::kWait) continue;
      ASSERT_EQ(told.model, Model(told.model.version));
      ASSERT_TRUE(models.contains(told.model.version)) << "a site is sent for what is gone";
      if (told.kind != InstructionKind::kTrain) continue;
      ASSERT_EQ(told.round, told.model.version);
      ASSERT_TRUE(told.round == engine.round() || engine.UnderWay(id) == told.round);
      ASSERT_LE(engine.round() - told.round, run_.max_staleness);
      ASSERT_TRUE(engine.Serves(told.model));
    }
    for (std::size_t i = 0; i < engine.history().size(); ++i) {
      ASSERT_EQ(engine.history()[i].first, static_cast<RoundNumber>(i) + 1);
    }
  }

  void CheckStep(const RoundEngine& before, const What& what, const std::vector<Command>& commands,
                 const RoundEngine& after) const {
    SCOPED_TRACE(BufferedKey(before, run_.sites) + " | " + std::to_string(what.index()) + " | " +
                 BufferedKey(after, run_.sites));
    if (Summary(commands) == "reject") {
      ASSERT_EQ(after, before);
      return;
    }
    if (before.phase() == RoundPhase::kFinished) {
      ASSERT_TRUE(commands.empty()) << "something follows the end";
    }
    ASSERT_GE(after.model().version, before.model().version);
    ASSERT_LE(after.model().version, before.model().version + 1);
    ASSERT_GE(after.best_version(), before.best_version());
    if (const auto* update = std::get_if<UpdateSpooled>(&what)) {
      RoundEngine again = after;
      ASSERT_EQ(Summary(again.Step({Timestamp{0}, what})), "");
      ASSERT_EQ(again, after);
      ASSERT_TRUE(after.AcceptedBefore(update->site, update->round));
    }
    CheckUpdates(before, what, after);
    for (const Command& command : commands) {
      const auto* aggregate = std::get_if<Aggregate>(&command);
      if (aggregate == nullptr) continue;
      ASSERT_EQ(aggregate->round, after.round());
      ASSERT_EQ(aggregate->model, after.model());
      ASSERT_EQ(aggregate->origins.size(), aggregate->updates.size());
      // Named first of those that are needed, and by no aggregation before it.
      const std::vector<NamedUpdate> needed = after.NeededUpdates();
      for (std::size_t i = 0; i < aggregate->updates.size(); ++i) {
        ASSERT_EQ(needed[i].site, aggregate->updates[i].first);
        ASSERT_EQ(needed[i].round, aggregate->origins[i].started_from);
        ASSERT_EQ(aggregate->origins[i].staleness, after.round() - needed[i].round);
        ASSERT_LE(aggregate->origins[i].staleness, run_.max_staleness);
      }
    }
  }

  /// What was accepted stays, in its order, until a stored model has it.
  void CheckUpdates(const RoundEngine& before, const What& what, const RoundEngine& after) const {
    if (after.phase() == RoundPhase::kFinished) return;
    const std::vector<NamedUpdate> had = before.NeededUpdates();
    const std::vector<NamedUpdate> has = after.NeededUpdates();
    if (!std::holds_alternative<ModelStored>(what)) {
      ASSERT_GE(has.size(), had.size());
      ASSERT_TRUE(std::equal(had.begin(), had.end(), has.begin()));
    } else {
      ASSERT_LT(has.size(), had.size());
      if (after.phase() == RoundPhase::kEvaluating) return;
      ASSERT_TRUE(std::equal(has.rbegin(), has.rend(), had.rbegin()));
    }
  }

  BufferedCase run_;
  RoundEngine::Options options_;
  std::vector<RoundEngine> states_;
  std::vector<std::vector<std::size_t>> comes_from_;
  std::map<std::string, std::vector<std::size_t>> by_key_;
};

class BufferedRoundsStatesTest : public ::testing::TestWithParam<BufferedCase> {};

TEST_P(BufferedRoundsStatesTest, InvariantsHoldInAllOfThem) {
  BufferedStates space(GetParam());
  space.Explore();
  space.CheckEnds();
  RecordProperty("states", static_cast<int>(space.size()));
  EXPECT_GT(space.size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(Runs, BufferedRoundsStatesTest,
                         ::testing::Values(BufferedCase{1, 1, 100}, BufferedCase{2, 1, 100},
                                           BufferedCase{2, 2, 100}, BufferedCase{2, 1, 0},
                                           BufferedCase{2, 1, 1, 2}, BufferedCase{2, 2, 0, 2}),
                         [](const auto& test) {
                           return std::to_string(test.param.sites) + "SitesBuffering" +
                                  std::to_string(test.param.buffer_size) + "UpTo" +
                                  std::to_string(test.param.max_staleness) + "OldEvaluatingEvery" +
                                  std::to_string(test.param.evaluate_every);
                         });

}  // namespace
}  // namespace consilium
