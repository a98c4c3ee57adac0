/// Runs under fedbuff, coordinator, store and all: by sites of different speed, with crashes.
#include "aggregator/blob_names.h"
#include "aggregator/in_process_transport.h"
#include "aggregator/runs/ledger.h"
#include "tests/aggregator/crash_schedule.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

RunPlan BufferedPlan(int buffer_size, int rounds = 4) {
  RunPlan plan = FakePlan(rounds);
  plan.strategy = "fedbuff";
  plan.strategy_options.buffer_size = buffer_size;
  return plan;
}

class BufferedRunTest : public ::testing::Test {
 protected:
  void Open(const RunPlan& plan) {
    plan_ = plan;
    auto run = RoundCoordinator::Open(FakeOptions(plan, *blobs_, *store_, clock_));
    ASSERT_OK(run);
    run_ = *std::move(run);
  }
  /// What a site is told to train from; its evaluations are done on the way.
  Instruction Begin(FakeSite& site) {
    for (int turn = 0; turn < 50; ++turn) {
      const Instruction told = site.transport().NextInstruction(Millis{0}).value();
      if (told.kind != InstructionKind::kEvaluate) return told;
      EXPECT_OK(site.transport().SubmitEvaluation(EvaluateFake(site.id(), told.model.version)));
    }
    ADD_FAILURE() << "nothing but evaluations";
    return {};
  }
  Status Deliver(FakeSite& site, const Instruction& told) {
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes model, site.transport().FetchModel(told.model));
    const FakeUpdate update = TrainFake(site.id(), told.round, model);
    return site.transport().SubmitUpdate(update.header, update.encoded);
  }
  std::vector<LedgerRound> Ledger() const {
    return MakeLedger(EngineOptionsOf(plan_), run_->Log().value()).value();
  }

  RunPlan plan_;
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<RoundStore> store_ = MakeMemoryRoundStore();
  SimulatedClock clock_{Timestamp{1'000'000}};
  std::unique_ptr<RoundCoordinator> run_;
};

TEST_F(BufferedRunTest, ASlowSiteCountsLessAndAgainstTheVersionItStartedFrom) {
  RunPlan plan = BufferedPlan(1, 3);
  plan.rounds.evaluate_every = 3;
  Open(plan);
  std::vector<FakeSite> sites = JoinAll(*run_, {"A", "B", "C"});
  const Instruction slow = Begin(sites[2]);
  EXPECT_EQ(slow.round, 0);
  const Bytes model0 = blobs_->ReadAll(ModelBlobName(0)).value();
  for (int version = 0; version < 2; ++version) {
    ASSERT_OK(Deliver(sites[0], Begin(sites[0])));
    ASSERT_OK(run_->Pump());
  }
  EXPECT_OK(blobs_->Size(ModelBlobName(0)).status());
  EXPECT_EQ(blobs_->Size(ModelBlobName(1)).status().code(), StatusCode::kNotFound);
  const Bytes model2 = blobs_->ReadAll(ModelBlobName(2)).value();
  ASSERT_OK(Deliver(sites[2], slow));
  ASSERT_OK(run_->Pump());
  const Bytes model3 = blobs_->ReadAll(ModelBlobName(3)).value();
  // C moves the first value by 0.3; two versions old, that counts 1 / sqrt(3).
  const auto first = [](const Bytes& model) { return *ByteReader(model).Read<float>(); };
  EXPECT_NEAR(first(model3) - first(model2), 0.3 / std::sqrt(3.0), 1e-6);
  const FakeUpdate update = TrainFake(SiteId("C"), 0, model0);
  EXPECT_NEAR(first(update.encoded) - first(model0), 0.3, 1e-6);

  const std::vector<LedgerRound> rounds = Ledger();
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_EQ(rounds[0].sites[2].why, "at work from version 0");
  EXPECT_EQ(rounds[2].sites[2].why, "from version 0, 2 versions old");
  EXPECT_EQ(rounds[2].sites[2].standing, SiteStanding::kIn);
}

TEST_F(BufferedRunTest, ASiteThatIsTooFarBehindTakesTheCurrentVersion) {
  RunPlan plan = BufferedPlan(1);
  plan.strategy_options.max_staleness = 1;
  Open(plan);
  std::vector<FakeSite> sites = JoinAll(*run_, {"A", "B", "C"});
  const Instruction slow = Begin(sites[2]);
  const Bytes model0 = sites[2].transport().FetchModel(slow.model).value();
  for (int version = 0; version < 2; ++version) {
    ASSERT_OK(Deliver(sites[0], Begin(sites[0])));
    ASSERT_OK(run_->Pump());
  }
  const FakeUpdate late = TrainFake(SiteId("C"), 0, model0);
  EXPECT_STATUS(sites[2].transport().SubmitUpdate(late.header, late.encoded),
                StatusCode::kFailedPrecondition, "take that one");
  EXPECT_EQ(Begin(sites[2]).model.version, 2);
}

TEST_F(BufferedRunTest, AfterTheEndNothingLiesAroundButTheModels) {
  Open(BufferedPlan(2));
  std::vector<FakeSite> sites = JoinAll(*run_, {"A", "B", "C"});
  ASSERT_OK(RunToTheEnd(*run_, sites));
  ASSERT_OK(run_->Pump());
  EXPECT_THAT(blobs_->List("updates/").value(), ::testing::IsEmpty());
  EXPECT_EQ(blobs_->List("models/").value(),
            (std::vector<std::string>{"models/initial", "models/v4"}));
  EXPECT_EQ(run_->Snapshot().history.size(), 4U);
}

TEST_F(BufferedRunTest, AnAggregatorThatIsOpenedAgainGoesOnWithItsBuffer) {
  Open(BufferedPlan(3));
  std::vector<FakeSite> sites = JoinAll(*run_, {"A", "B", "C"});
  const Instruction under_way = Begin(sites[2]);
  ASSERT_OK(Deliver(sites[1], Begin(sites[1])));
  run_.reset();
  Open(plan_);
  sites = JoinAll(*run_, {"A", "B", "C"});
  ASSERT_OK(Deliver(sites[2], under_way));
  ASSERT_OK(Deliver(sites[0], Begin(sites[0])));
  ASSERT_OK(run_->Pump());
  const std::vector<Event> log = run_->Log().value();
  RoundEngine engine(EngineOptionsOf(plan_));
  std::string order;
  for (const Event& event : log) {
    for (const Command& command : engine.Step(event)) {
      const auto* aggregate = std::get_if<Aggregate>(&command);
      if (aggregate == nullptr) continue;
      for (const auto& [site, images] : aggregate->updates) order += site.str();
    }
  }
  EXPECT_EQ(order, "BCA");
  EXPECT_EQ(engine.model().version, 1);
}

TEST_F(BufferedRunTest, APowerCutAtAnyChangeEndsWithTheSameModel) {
  for (const auto moment :
       {PowerCut::Moment::kBeforeTheChange, PowerCut::Moment::kAfterTheChange}) {
    bool cut = false;
    LastingStores calm{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        const Bytes expected, RunThroughPowerCut(calm, 1'000'000, moment, cut, BufferedPlan(3)));
    for (int at = 1;; ++at) {
      LastingStores stores{MakeMemoryBlobStore(), MakeMemoryRoundStore()};
      const Result<Bytes> model = RunThroughPowerCut(stores, at, moment, cut, BufferedPlan(3));
      if (!cut) break;
      ASSERT_TRUE(model.ok()) << "change " << at << ": " << model.status();
      ASSERT_EQ(*model, expected) << "change " << at;
    }
  }
}

}  // namespace
}  // namespace consilium
