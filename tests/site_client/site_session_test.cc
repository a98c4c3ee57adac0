#include "site_client/site_session.h"

#include "tests/site_client/tiny_run.h"
#include "tests/support/fake_transport.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

FakeTransport Playing(const TinyRun& run, std::deque<Instruction> script) {
  FakeTransport transport;
  transport.offer = run.offer;
  transport.initial = run.initial;
  transport.models[0] = run.shared.bytes;
  transport.script = std::move(script);
  return transport;
}

SessionOptions TinySession() {
  SessionOptions options;
  options.runner = TinyOptions("A");
  options.load_data = [](const RunPlan&) -> Result<std::shared_ptr<const Dataset>> {
    return TinyData(std::vector<Holding>(8, Holding::kBoth));
  };
  return options;
}

TEST(SiteSessionTest, RunsTwoRoundsAndReturnsTheHeadsOfTheBestVersion) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  FakeTransport transport = Playing(run, {Instruction{}, TrainRound(0), EvaluateVersion(1),
                                          TrainRound(1, 1), EvaluateVersion(2), FinishWith(1)});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const SessionResult result,
                                 RunSiteSession(transport, TinySession()));
  EXPECT_EQ(result.best_version, 1);
  EXPECT_EQ(result.best_model.version, 1);
  EXPECT_FALSE(result.local_state.bytes.empty());
  ASSERT_EQ(transport.joined.size(), 1U);
  ASSERT_EQ(transport.updates.size(), 2U);
  EXPECT_EQ(transport.updates[1].first.round, 1);
  EXPECT_EQ(transport.updates[1].first.codec, "fp32");
  ASSERT_EQ(transport.evaluations.size(), 2U);
  EXPECT_EQ(transport.evaluations[1].version, 2);
}

/// Of an aggregator that lets nobody in.
class RefusingTransport final : public FakeTransport {
 public:
  Status Join(const SiteDeclaration& declaration) override {
    EXPECT_OK(FakeTransport::Join(declaration));
    return InvalidArgument("site A: image_size: another");
  }
};

TEST(SiteSessionTest, NoModelMovesBeforeTheDeclarationIsAccepted) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  RefusingTransport transport;
  static_cast<FakeTransport&>(transport) = Playing(run, {});
  EXPECT_STATUS(RunSiteSession(transport, TinySession()), StatusCode::kInvalidArgument,
                "image_size");
  ASSERT_EQ(transport.joined.size(), 1U);
  EXPECT_EQ(transport.joined[0].obstacle, SiteObstacle::kNone);
  EXPECT_TRUE(transport.fetched.empty());
}

TEST(SiteSessionTest, TheAggregatorIsToldWhyASiteStaysAway) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  SessionOptions bad_data = TinySession();
  bad_data.load_data = [](const RunPlan&) -> Result<std::shared_ptr<const Dataset>> {
    return InvalidArgument("m.csv:3: prognosis: 'moderate', expected mild or severe");
  };
  FakeTransport transport = Playing(run, {});
  EXPECT_STATUS(RunSiteSession(transport, bad_data), StatusCode::kInvalidArgument, "m.csv:3");
  ASSERT_EQ(transport.joined.size(), 1U);
  EXPECT_EQ(transport.joined[0].obstacle, SiteObstacle::kData);
  EXPECT_TRUE(transport.fetched.empty());

  SessionOptions old_program = TinySession();
  old_program.runner.make_net = [](const RunPlan&) -> Result<MultiTaskNet> {
    return InvalidArgument("backbone 'resnet9000': unknown");
  };
  EXPECT_STATUS(RunSiteSession(transport, old_program), StatusCode::kInvalidArgument, "resnet9000");
  ASSERT_EQ(transport.joined.size(), 2U);
  EXPECT_EQ(transport.joined[1].obstacle, SiteObstacle::kNetwork);

  SessionOptions interrupted = TinySession();
  interrupted.load_data = [](const RunPlan&) -> Result<std::shared_ptr<const Dataset>> {
    return Cancelled("interrupted");
  };
  EXPECT_STATUS(RunSiteSession(transport, interrupted), StatusCode::kCancelled, "interrupted");
  EXPECT_EQ(transport.joined.size(), 2U) << "that says nothing of the site";
}

TEST(SiteSessionTest, DataThatOnlyTheSiteFindsUnfitAreToldAfterJoining) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  SessionOptions options = TinySession();
  options.load_data = [](const RunPlan&) -> Result<std::shared_ptr<const Dataset>> {
    auto data = std::make_shared<Dataset>(*TinyData(std::vector<Holding>(8, Holding::kBoth)));
    data->tasks[1].flip = {0, 1, 2, 3, 4, 5};
    return std::shared_ptr<const Dataset>(std::move(data));
  };
  FakeTransport transport = Playing(run, {});
  EXPECT_STATUS(RunSiteSession(transport, options), StatusCode::kInvalidArgument, "tasks");
  ASSERT_EQ(transport.joined.size(), 2U);
  EXPECT_EQ(transport.joined[0].obstacle, SiteObstacle::kNone);
  EXPECT_EQ(transport.joined[1].obstacle, SiteObstacle::kData);
}

/// With models named by digests, as an aggregator with OpenSSL names them.
std::deque<Instruction> Named(std::deque<Instruction> script) {
  for (Instruction& told : script) told.model.digest = "of " + std::to_string(told.model.version);
  return script;
}

TEST(SiteSessionTest, TheModelThatWasEvaluatedIsNotFetchedAgainToTrainFromIt) {
  for (const std::string strategy : {"fedavg", "fedprox", "ditto", "fedbn"}) {
    RunPlan plan = TinyPlan();
    plan.strategy = strategy;
    const TinyRun run = MakeTinyRun(plan);
    const std::deque<Instruction> script = {TrainRound(0), EvaluateVersion(1), TrainRound(1),
                                            EvaluateVersion(2), FinishWith(2)};
    FakeTransport saving = Playing(run, Named(script));
    FakeTransport fetching = Playing(run, script);
    EXPECT_OK(RunSiteSession(saving, TinySession()));
    EXPECT_OK(RunSiteSession(fetching, TinySession()));
    EXPECT_EQ(saving.fetched, (std::vector<RoundNumber>{kInitialModel, 0, 1, 2})) << strategy;
    EXPECT_EQ(fetching.fetched, (std::vector<RoundNumber>{kInitialModel, 0, 1, 1, 2})) << strategy;
    ASSERT_EQ(saving.updates.size(), 2U);
    EXPECT_EQ(saving.updates[1].second, fetching.updates[1].second) << strategy;
  }
}

TEST(SiteSessionTest, ARoundThatIsRepeatedOrHasAnotherModelIsFetched) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  std::deque<Instruction> script =
      Named({TrainRound(0), EvaluateVersion(1), TrainRound(1), TrainRound(1), FinishWith(1)});
  FakeTransport repeated = Playing(run, script);
  EXPECT_OK(RunSiteSession(repeated, TinySession()));
  EXPECT_EQ(repeated.fetched, (std::vector<RoundNumber>{kInitialModel, 0, 1, 1}));
  script[2].model.digest = "of a restored aggregator";
  FakeTransport other = Playing(run, script);
  EXPECT_OK(RunSiteSession(other, TinySession()));
  EXPECT_EQ(other.fetched, (std::vector<RoundNumber>{kInitialModel, 0, 1, 1, 1}));
}

TEST(SiteSessionTest, ModelsWithControlsAreFetchedForEveryInstruction) {
  RunPlan plan = TinyPlan();
  plan.strategy = "scaffold";
  plan.training.optimizer = Optimizer::kSgd;
  const TinyRun run = MakeTinyRun(plan);
  FakeTransport transport =
      Playing(run, Named({TrainRound(0), EvaluateVersion(1), TrainRound(1), FinishWith(1)}));
  EXPECT_OK(RunSiteSession(transport, TinySession()));
  EXPECT_EQ(transport.fetched, (std::vector<RoundNumber>{kInitialModel, 0, 1, 1}));
}

TEST(SiteSessionTest, LateRoundIsLeftAndTheSessionGoesOn) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  FakeTransport transport = Playing(run, {TrainRound(0), TrainRound(1), FinishWith(2)});
  transport.closed_rounds = {0};
  transport.models[1] = run.shared.bytes;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const SessionResult result,
                                 RunSiteSession(transport, TinySession()));
  EXPECT_EQ(result.best_version, 2);
  ASSERT_EQ(transport.updates.size(), 1U);
  EXPECT_EQ(transport.updates[0].first.round, 1);
}

/// Restored from an older backup while the site trains for the first time.
class RestoredTransport final : public FakeTransport {
 public:
  Result<Bytes> FetchModel(const ModelRef& model) override {
    if (model.version == 0 && joined.size() == 1) forgotten = true;
    return FakeTransport::FetchModel(model);
  }
};

TEST(SiteSessionTest, JoinsAgainWhereARestoredAggregatorDoesNotKnowIt) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  RestoredTransport transport;
  static_cast<FakeTransport&>(transport) =
      Playing(run, {TrainRound(0), TrainRound(0), TrainRound(1), FinishWith(1)});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const SessionResult result,
                                 RunSiteSession(transport, TinySession()));
  EXPECT_EQ(result.best_version, 1);
  ASSERT_EQ(transport.joined.size(), 2U);
  EXPECT_EQ(transport.joined[0], transport.joined[1]);
  EXPECT_EQ(transport.updates.size(), 2U);
}

TEST(SiteSessionTest, TakesPartInAnEarlierRoundOfARestoredAggregator) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  // The best version is that of the last round: what the site keeps of its own is newer than asked.
  FakeTransport transport =
      Playing(run, {TrainRound(0), EvaluateVersion(1), TrainRound(1, 1), EvaluateVersion(2),
                    TrainRound(2, 2), TrainRound(0), EvaluateVersion(1), FinishWith(1)});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const SessionResult result,
                                 RunSiteSession(transport, TinySession()));
  EXPECT_EQ(result.best_version, 1);
  EXPECT_EQ(transport.updates.back().first.round, 0);
}

TEST(SiteSessionTest, ARunThatARestoredAggregatorNeverHadEndsTheSession) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  class OtherRun final : public FakeTransport {
   public:
    Result<Instruction> NextInstruction(Millis) override {
      offer.plan.run = RunId("older");
      return NotFound("is in no run");
    }
  } transport;
  static_cast<FakeTransport&>(transport) = Playing(run, {});
  EXPECT_STATUS(RunSiteSession(transport, TinySession()), StatusCode::kFailedPrecondition,
                "offers run older");
}

TEST(SiteSessionTest, EqualSessionsSendEqualBits) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  const auto sent = [&] {
    FakeTransport transport = Playing(run, {TrainRound(0), TrainRound(1), FinishWith(2)});
    EXPECT_OK(RunSiteSession(transport, TinySession()));
    return transport.updates.back().second;
  };
  EXPECT_EQ(sent(), sent());
}

TEST(SiteSessionTest, GivesItsComputeSlotBack) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  FakeTransport transport = Playing(run, {TrainRound(0), EvaluateVersion(1), FinishWith(1)});
  std::counting_semaphore<> slots(1);
  SessionOptions options = TinySession();
  options.compute_slots = &slots;
  ASSERT_OK(RunSiteSession(transport, options));
  EXPECT_TRUE(slots.try_acquire());
}

TEST(SiteSessionTest, InterruptEndsTheSession) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  FakeTransport transport = Playing(run, {Instruction{}});
  Interrupt interrupt;
  interrupt.Request();
  SessionOptions options = TinySession();
  options.runner.interrupt = &interrupt;
  EXPECT_STATUS(RunSiteSession(transport, options), StatusCode::kCancelled, "interrupted");
}

TEST(SiteSessionTest, ErrorsOfTransportAndDataEndTheSession) {
  const TinyRun run = MakeTinyRun(TinyPlan());
  FakeTransport transport = Playing(run, {});
  EXPECT_STATUS(RunSiteSession(transport, TinySession()), StatusCode::kUnavailable, "script");
  SessionOptions options = TinySession();
  options.load_data = [](const RunPlan&) -> Result<std::shared_ptr<const Dataset>> {
    return InvalidArgument("manifest.csv:3: no such class");
  };
  EXPECT_STATUS(RunSiteSession(transport, options), StatusCode::kInvalidArgument, "manifest");
}

}  // namespace
}  // namespace consilium
