/// Every state that a small run can reach, and the invariants of round_engine.h in each.
///
/// Time stands still and a deadline has come as soon as it is set, so "before" and "after" it are
/// whether DeadlinePassed has been seen; that an early one is refused is round_engine_test.cc's.
#include "common/federation/round_engine.h"
#include "tests/common/federation/round_engine_fixture.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace consilium {
namespace {

using What = decltype(Event::what);

constexpr int kRounds = 2;
constexpr double kLeftOutLoss = 0.01;

std::vector<TaskCounts> ZoneLoss(double mean) {
  TaskCounts counts = EmptyCounts(*BrixiaTask("zones"));
  counts.n = 4;
  counts.loss_sum = mean * 4;
  return {counts};
}

SiteDeclaration Zones(const std::string& site, std::int64_t validation) {
  return {SiteId(site), 20, {{TaskId("brixia"), 20, validation}}, "layout"};
}

RoundEngine::Options Small(int expected, int quorum, int evaluate_every) {
  RoundEngine::Options options = EngineOptions(expected, quorum, kRounds);
  options.tasks = {*BrixiaTask("zones")};
  options.rounds.deadline = Millis{0};
  options.rounds.evaluate_every = evaluate_every;
  return options;
}

struct Case {
  int sites;
  int expected;
  int quorum;
  int evaluate_every = 1;
  std::string turned_away = {};  ///< a site that may be refused or abstain, joined or not
  double fraction = 1;
  std::string left_out = {};  ///< a site that only evaluates; its loss is better than any other's
};

/// Whatever a site, the worker or a confused caller may say in this state. B has no validation
/// labels; A may also say something else than before.
std::vector<What> Events(const RoundEngine& engine, const Case& run,
                         const std::vector<std::string>& sites) {
  std::vector<What> events{RunOpened{Model(0)}, RunOpened{Model(1)}};
  for (RoundNumber round = 0; round < kRounds; ++round) {
    events.emplace_back(ModelStored{round, Model(round + 1)});
    events.emplace_back(DeadlinePassed{round});
  }
  for (const std::string& site : sites) {
    const SiteId id(site);
    const bool left_out = site == run.left_out;
    SiteDeclaration declaration = Zones(site, site == "B" && !left_out ? 0 : 4);
    if (left_out) declaration.train_images = declaration.tasks[0].train = 0;
    events.emplace_back(SiteJoined{declaration});
    events.emplace_back(SiteLost{id});
    for (RoundNumber round = 0; round < kRounds; ++round) {
      events.emplace_back(UpdateSpooled{id, round, "bytes", 20});
      const double loss = round == 0 ? 0.5 : 0.7;
      events.emplace_back(
          EvaluationReceived{id, round + 1, ZoneLoss(left_out ? kLeftOutLoss : loss)});
    }
  }
  if (!run.turned_away.empty()) {
    const SiteId id(run.turned_away);
    SiteDeclaration unreadable = Zones(run.turned_away, 4);
    unreadable.tasks[0].set_aside = 100;
    events.emplace_back(SiteJoined{unreadable});
    events.emplace_back(SiteTurnedAway{id, SiteStanding::kAbstained, "unreadable"});
    events.emplace_back(SiteTurnedAway{id, SiteStanding::kRefused, "contradicts"});
  }
  const RoundNumber round = engine.round();
  events.emplace_back(SiteJoined{Zones("A", 5)});
  events.emplace_back(UpdateSpooled{SiteId("A"), round, "others", 20});
  events.emplace_back(EvaluationReceived{SiteId("A"), round + 1, ZoneLoss(0.3)});
  return events;
}

/// Equal engines have equal keys; different ones mostly have not.
std::string KeyOf(const RoundEngine& engine) {
  std::string key(ToString(engine.phase()));
  key.append(" ").append(std::to_string(engine.round()));
  key.append(" ").append(std::to_string(engine.best_version()));
  for (const auto& [id, site] : engine.sites()) {
    const bool selected = engine.IsSelected(id);
    key.append(" ").append(id.str()).append(site.live ? "+" : "-").append(selected ? "s" : "");
    key.append(std::to_string(static_cast<int>(engine.InstructionFor(id).kind)));
  }
  for (const auto& [id, update] : engine.updates()) {
    key.append(" ").append(id.str()).append(update.digest);
  }
  for (const auto& [id, away] : engine.turned_away()) {
    key.append(" ").append(id.str()).append(ToString(away.standing));
  }
  for (const auto& [id, counts] : engine.left_out()) key.append(" ").append(id.str()).append("e");
  for (const auto& [version, loss] : engine.history()) {
    key.append(" ").append(loss ? std::to_string(*loss) : "none");
  }
  return key;
}

class StateSpace {
 public:
  StateSpace(Case run, std::vector<std::string> sites)
      : run_(std::move(run)),
        options_(Small(run_.expected, run_.quorum, run_.evaluate_every)),
        sites_(std::move(sites)) {
    options_.rounds.select_fraction = run_.fraction;
    if (!run_.left_out.empty()) options_.rounds.evaluation_sites = {SiteId(run_.left_out)};
  }

  void Explore() {
    Enter(RoundEngine(options_));
    for (std::size_t i = 0; i < states_.size() && !testing::Test::HasFatalFailure(); ++i) {
      const RoundEngine state = states_[i];
      CheckState(state);
      for (const What& what : Events(state, run_, sites_)) {
        RoundEngine next = state;
        const std::vector<Command> commands = next.Step({Timestamp{0}, what});
        CheckStep(state, what, commands, next);
        const std::size_t reached = Enter(std::move(next));
        if (reached != i) comes_from_[reached].push_back(i);
      }
    }
  }

  /// Whether each state has a way to the end.
  void CheckEnds() const {
    std::vector<std::size_t> open;
    std::vector<bool> ends(states_.size(), false);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].phase() != RoundPhase::kFinished) continue;
      ends[i] = true;
      open.push_back(i);
    }
    while (!open.empty()) {
      const std::size_t state = open.back();
      open.pop_back();
      for (const std::size_t before : comes_from_[state]) {
        if (ends[before]) continue;
        ends[before] = true;
        open.push_back(before);
      }
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      ASSERT_TRUE(ends[i]) << "stuck: " << KeyOf(states_[i]);
    }
  }

  std::size_t size() const { return states_.size(); }

 private:
  std::size_t Enter(RoundEngine engine) {
    std::vector<std::size_t>& alike = by_key_[KeyOf(engine)];
    for (const std::size_t known : alike) {
      if (states_[known] == engine) return known;
    }
    alike.push_back(states_.size());
    states_.push_back(std::move(engine));
    comes_from_.emplace_back();
    return states_.size() - 1;
  }

  bool IsEvaluated(RoundNumber version) const {
    return version % options_.rounds.evaluate_every == 0 || version == kRounds;
  }

  void CheckState(const RoundEngine& engine) const {
    SCOPED_TRACE(KeyOf(engine));
    ASSERT_LT(engine.round(), kRounds);
    ASSERT_LE(engine.best_version(), engine.model().version);
    ASSERT_EQ(engine.best_model().version, engine.best_version());
    ASSERT_TRUE(IsEvaluated(engine.best_version()));
    for (const auto& [version, loss] : engine.history()) {
      ASSERT_TRUE(!loss || IsEvaluated(version));
      ASSERT_TRUE(!loss || *loss > 0.2) << "the left-out site's counts are in the loss";
    }
    for (const auto& [id, site] : engine.sites()) {
      const Instruction told = engine.InstructionFor(id);
      if (told.kind == InstructionKind::kTrain) {
        ASSERT_TRUE(engine.IsSelected(id) && !engine.updates().contains(id));
        ASSERT_EQ(told.model, engine.model());
      }
      if (told.kind == InstructionKind::kEvaluate) {
        ASSERT_TRUE(engine.IsSelected(id) || id.str() == run_.left_out || run_.fraction < 1);
        ASSERT_GT(site.declaration.tasks.front().validation, 0);
        ASSERT_TRUE(IsEvaluated(told.model.version));
      }
      ASSERT_EQ(told.kind == InstructionKind::kFinish, engine.phase() == RoundPhase::kFinished);
    }
    if (run_.fraction < 1) {  // each case draws fewer than there are
      const auto drawn = std::count_if(sites_.begin(), sites_.end(), [&](const std::string& site) {
        return engine.IsSelected(SiteId(site));
      });
      ASSERT_LT(drawn, run_.sites);
    }
    const SiteId left_out(run_.left_out);
    ASSERT_FALSE(engine.IsSelected(left_out) || engine.updates().contains(left_out));
    for (const auto& [id, away] : engine.turned_away()) {
      if (engine.sites().contains(id)) {
        ASSERT_EQ(away.standing, SiteStanding::kRefused);
        continue;
      }
      ASSERT_FALSE(engine.IsSelected(id) || engine.updates().contains(id));
      ASSERT_EQ(engine.InstructionFor(id).kind == InstructionKind::kWait,
                engine.phase() != RoundPhase::kFinished);
    }
  }

  void CheckStep(const RoundEngine& before, const What& what, const std::vector<Command>& commands,
                 const RoundEngine& after) const {
    SCOPED_TRACE(KeyOf(before) + " | " + std::to_string(what.index()) + " | " + KeyOf(after));
    if (Summary(commands) == "reject") {
      ASSERT_EQ(after, before);
      return;
    }
    CheckRepetition(what, after);
    if (before.phase() == RoundPhase::kFinished) {
      ASSERT_TRUE(commands.empty()) << "something follows the end";
      ASSERT_EQ(after.phase(), RoundPhase::kFinished);
    }
    ASSERT_GE(after.best_version(), before.best_version());
    ASSERT_TRUE(after.round() == before.round() || (after.round() == before.round() + 1 &&
                                                    (before.phase() == RoundPhase::kEvaluating ||
                                                     before.phase() == RoundPhase::kAggregating)));
    if (before.phase() == RoundPhase::kAggregating || before.phase() == RoundPhase::kEvaluating) {
      ASSERT_TRUE(after.phase() != RoundPhase::kTraining || after.round() > before.round())
          << "a round is trained again after it was aggregated";
    }
    if (after.round() == before.round()) {
      for (const auto& [id, update] : before.updates()) {
        ASSERT_TRUE(after.updates().contains(id) && after.updates().at(id) == update);
      }
    }
    bool aggregates = false;
    for (const Command& command : commands) {
      const auto* aggregate = std::get_if<Aggregate>(&command);
      if (aggregate == nullptr) continue;
      aggregates = true;
      CheckAggregate(*aggregate, after);
    }
    ASSERT_EQ(aggregates, before.phase() != RoundPhase::kAggregating &&
                              after.phase() == RoundPhase::kAggregating);
  }

  void CheckAggregate(const Aggregate& aggregate, const RoundEngine& engine) const {
    ASSERT_EQ(aggregate.round, engine.round());
    ASSERT_EQ(aggregate.updates.size(), engine.updates().size());
    ASSERT_GE(static_cast<int>(aggregate.updates.size()), options_.rounds.quorum);
    auto expected = engine.updates().begin();
    for (const auto& [id, images] : aggregate.updates) {
      ASSERT_EQ(id, expected->first);
      ASSERT_TRUE(aggregate.weights.contains(id));
      ++expected;
    }
  }

  /// What a site says again, because the answer was lost, is accepted again or belongs to the past.
  static void CheckRepetition(const What& what, const RoundEngine& after) {
    RoundEngine again = after;
    const std::vector<Command> commands = again.Step({Timestamp{0}, what});
    const auto* update = std::get_if<UpdateSpooled>(&what);
    if (update != nullptr && update->round == after.round()) {
      ASSERT_NE(Summary(commands), "reject");
    }
    if (std::holds_alternative<UpdateSpooled>(what) ||
        std::holds_alternative<EvaluationReceived>(what) ||
        std::holds_alternative<ModelStored>(what) || std::holds_alternative<SiteTurnedAway>(what)) {
      ASSERT_EQ(again, after);
    }
  }

  Case run_;
  RoundEngine::Options options_;
  std::vector<std::string> sites_;
  std::vector<RoundEngine> states_;
  std::vector<std::vector<std::size_t>> comes_from_;
  std::map<std::string, std::vector<std::size_t>> by_key_;
};

class RoundEngineStatesTest : public ::testing::TestWithParam<Case> {};

TEST_P(RoundEngineStatesTest, InvariantsHoldInAllOfThem) {
  const std::vector<std::string> all{"A", "B", "C"};
  StateSpace space(GetParam(), {all.begin(), all.begin() + GetParam().sites});
  space.Explore();
  space.CheckEnds();
  RecordProperty("states", static_cast<int>(space.size()));
  EXPECT_GT(space.size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(
    Runs, RoundEngineStatesTest,
    ::testing::Values(Case{1, 1, 1}, Case{2, 1, 1}, Case{2, 2, 1}, Case{2, 2, 2}, Case{3, 1, 1},
                      Case{3, 2, 2}, Case{3, 3, 2}, Case{3, 3, 3}, Case{2, 2, 1, 2},
                      Case{3, 3, 2, 2}, Case{2, 2, 1, 1, "B"}, Case{2, 2, 2, 1, "A"},
                      Case{3, 3, 2, 1, "C"}, Case{2, 1, 1, 1, "", 1, "B"},
                      Case{3, 2, 2, 1, "", 1, "C"}, Case{3, 2, 1, 2, "", 1, "C"},
                      Case{2, 1, 1, 1, "B", 1, "B"}, Case{2, 2, 1, 1, "", 0.5},
                      Case{3, 3, 1, 2, "", 0.5}, Case{3, 3, 2, 2, "", 0.3}),
    [](const auto& test) {
      return std::to_string(test.param.sites) + "SitesExpecting" +
             std::to_string(test.param.expected) + "Quorum" + std::to_string(test.param.quorum) +
             "EvaluatingEvery" + std::to_string(test.param.evaluate_every) +
             test.param.turned_away + (test.param.fraction < 1 ? "DrawingAShare" : "") +
             std::to_string(static_cast<int>(test.param.fraction * 100)) +
             (test.param.left_out.empty() ? "" : "LeavingOut") + test.param.left_out;
    });

}  // namespace
}  // namespace consilium
