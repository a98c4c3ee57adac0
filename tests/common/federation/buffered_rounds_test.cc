#include "tests/common/federation/round_engine_fixture.h"

namespace consilium {
namespace {

class BufferedRoundsTest : public RoundEngineTest {
 protected:
  void BeginBuffered(int buffer_size, const std::vector<std::string>& sites, int rounds = 3,
                     RoundNumber max_staleness = 100) {
    RoundEngine::Options options = EngineOptions(static_cast<int>(sites.size()), 1, rounds);
    options.buffer = FedBuffOptions{};
    options.buffer->buffer_size = buffer_size;
    options.buffer->max_staleness = max_staleness;
    Begin(std::move(options), sites);
  }
  /// What the coordinator does when it hands a training out.
  std::string Start(const std::string& site) {
    return Tell(SiteBegan{SiteId(site), Told(site).round});
  }
  std::string Send(const std::string& site, RoundNumber from, const std::string& digest = "bytes") {
    return Tell(UpdateSpooled{SiteId(site), from, digest, 20, 5});
  }
  Instruction Told(const std::string& site) { return engine_.InstructionFor(SiteId(site)); }
  /// As the site would: all evaluations that it is asked for.
  void EvaluateAll(const std::string& site, double loss = 0.5) {
    while (Told(site).kind == InstructionKind::kEvaluate) {
      Tell(EvaluationReceived{SiteId(site), Told(site).model.version, Counts(loss)});
      ASSERT_NE(Summary(commands_), "reject");
    }
  }
  std::string StoreNext() { return Tell(ModelStored{engine_.round(), Model(engine_.round() + 1)}); }
  const Aggregate* Combined() const {
    for (const Command& command : commands_) {
      if (const auto* aggregate = std::get_if<Aggregate>(&command)) return aggregate;
    }
    return nullptr;
  }
};

TEST_F(BufferedRoundsTest, ASlowSiteHoldsNoVersionBack) {
  BeginBuffered(2, {"A", "B", "slow"}, 4);
  for (const char* site : {"A", "B", "slow"}) Start(site);
  for (RoundNumber version = 0; version < 3; ++version) {
    Send("A", version);
    EXPECT_EQ(Send("B", version),
              "wake aggregate(AB)" + std::string(version > 0 ? " deadline" : " no-deadline"));
    StoreNext();
    for (const char* site : {"A", "B"}) {
      EvaluateAll(site);
      EXPECT_EQ(Told(site).model, Model(version + 1));
      Start(site);
    }
    EXPECT_EQ(engine_.model().version, version + 1);
  }
  EXPECT_EQ(engine_.UnderWay(SiteId("slow")), 0);
  Send("slow", 0);
  Send("A", 3);
  ASSERT_NE(Combined(), nullptr);
  EXPECT_EQ(Combined()->updates.front().first, SiteId("slow"));
  EXPECT_EQ(Combined()->origins.front().started_from, 0);
  EXPECT_EQ(Combined()->origins.front().staleness, 3);
  EXPECT_EQ(Combined()->origins.back().staleness, 0);
}

TEST_F(BufferedRoundsTest, UpdatesThatComeWhileAVersionIsCombinedFillTheNextBuffer) {
  BeginBuffered(1, {"A", "B"});
  Start("A");
  Start("B");
  EXPECT_EQ(Send("A", 0), "wake aggregate(A) no-deadline");
  EXPECT_EQ(Send("B", 0), "wake");
  EXPECT_EQ(engine_.NeededUpdates(),
            (std::vector<NamedUpdate>{{0, SiteId("A"), "bytes"}, {0, SiteId("B"), "bytes"}}));
  StoreNext();
  ASSERT_NE(Combined(), nullptr);
  EXPECT_EQ(Combined()->model, Model(1));
  EXPECT_EQ(Combined()->updates, (decltype(Combined()->updates){{SiteId("B"), 20}}));
  EXPECT_EQ(Combined()->origins.front().staleness, 1);
}

TEST_F(BufferedRoundsTest, TheVersionsThatAreStartedFromStayUntilTheirUpdatesAreCombined) {
  BeginBuffered(1, {"A", "slow"}, 9, 2);
  Start("A");
  Start("slow");
  for (RoundNumber version = 0; version < 2; ++version) {
    Send("A", version);
    StoreNext();
    for (const char* site : {"A", "slow"}) EvaluateAll(site);
    Start("A");
  }
  EXPECT_TRUE(engine_.NeededModels().contains(0));
  EXPECT_EQ(Told("slow").round, 0) << "a site that was cut off goes on with what it began";
  Send("A", 2);
  EXPECT_FALSE(engine_.NeededModels().contains(0)) << "nobody may start from it any more";
  EXPECT_EQ(Send("slow", 0), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "version 0 is too old to start from");
  StoreNext();
  EvaluateAll("slow");
  EXPECT_EQ(Told("slow").model, Model(3));
}

TEST_F(BufferedRoundsTest, AnUpdateIsTakenOnceAndOnlyFromTheVersionThatTheSiteWasGiven) {
  BeginBuffered(2, {"A", "B"});
  EXPECT_EQ(Send("A", 0), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "site A: was not told to train from");
  Start("A");
  EXPECT_EQ(Send("A", 0), "wake");
  EXPECT_EQ(Send("A", 0), "");
  EXPECT_EQ(Send("A", 0, "others"), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kAlreadyExists, "another update of version 0");
  EXPECT_EQ(Told("A").kind, InstructionKind::kWait)
      << "its next update starts from the next version";
  EXPECT_EQ(Tell(SiteBegan{SiteId("A"), 0}), "reject");
}

TEST_F(BufferedRoundsTest, AfterTheDeadlineAQuorumMakesTheVersion) {
  BeginBuffered(2, {"A", "B"});
  EXPECT_EQ(PassDeadline(), "deadline") << "nothing to make it from";
  Start("A");
  Send("A", 0);
  EXPECT_EQ(PassDeadline(), "aggregate(A) no-deadline");
}

TEST_F(BufferedRoundsTest, AnEvaluationWaitsForASlowSiteUntilItsDeadlineAndVersionsGoOn) {
  BeginBuffered(1, {"A", "slow"}, 3);
  Start("A");
  Start("slow");
  for (RoundNumber version = 0; version < 2; ++version) {
    Send("A", version);
    StoreNext();
    EvaluateAll("A", 0.5 - 0.1 * version);
    Start("A");
  }
  EXPECT_TRUE(engine_.history().empty());
  PassDeadline();
  ASSERT_EQ(engine_.history().size(), 2U);
  EXPECT_EQ(engine_.history()[0], (std::pair<RoundNumber, std::optional<double>>(1, 0.5)));
  EXPECT_EQ(engine_.best_version(), 2);
  EXPECT_EQ(engine_.phase(), RoundPhase::kTraining);
}

TEST_F(BufferedRoundsTest, TheRunEndsAfterItsVersionsAreMadeAndEvaluated) {
  BeginBuffered(1, {"A", "B"}, 1);
  Start("A");
  Start("B");
  Send("A", 0);
  EXPECT_EQ(Send("B", 0), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "last version is being made");
  StoreNext();
  EXPECT_EQ(engine_.phase(), RoundPhase::kEvaluating);
  EvaluateAll("A");
  EXPECT_EQ(engine_.phase(), RoundPhase::kEvaluating);
  EvaluateAll("B");
  EXPECT_EQ(engine_.phase(), RoundPhase::kFinished);
  EXPECT_EQ(Told("A").model, Model(1));
}

TEST_F(BufferedRoundsTest, EqualEventsGiveEqualEngines) {
  BeginBuffered(2, {"A", "B", "C"});
  const RoundEngine begun = engine_;
  const auto play = [&] {
    engine_ = begun;
    for (const char* site : {"C", "A", "B"}) Start(site);
    Send("C", 0);
    Send("A", 0);
    Send("B", 0);
    StoreNext();
    EvaluateAll("B");
    return engine_;
  };
  EXPECT_EQ(play(), play());
}

}  // namespace
}  // namespace consilium
