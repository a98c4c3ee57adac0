#include "aggregator/round_coordinator.h"

#include "aggregator/in_process_transport.h"
#include "tests/aggregator/fake_run.h"
#include "tests/support/fnv_hasher.h"
#include "tests/support/status_matchers.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <thread>

namespace consilium {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RoundCoordinatorTest : public ::testing::Test {
 protected:
  RoundCoordinator::Options OptionsFor(RunPlan plan) {
    RoundCoordinator::Options options = FakeOptions(std::move(plan), *blobs_, *store_, clock_);
    options.observer = [this](const std::string& line, const RunSnapshot&) {
      const std::lock_guard lock(lines_mutex_);
      lines_.push_back(line);
    };
    return options;
  }
  std::unique_ptr<RoundCoordinator> Open(RunPlan plan) {
    Result<std::unique_ptr<RoundCoordinator>> opened =
        RoundCoordinator::Open(OptionsFor(std::move(plan)));
    EXPECT_OK(opened);
    return std::move(opened).value();
  }
  /// Round 0's model, as the sites get it.
  static Bytes ModelOf(FakeSite& site) {
    const Instruction told = site.transport().NextInstruction(Millis{0}).value();
    return site.transport().FetchModel(told.model).value();
  }

  SimulatedClock clock_{Timestamp{1'000'000}};
  std::unique_ptr<BlobStore> blobs_ = MakeMemoryBlobStore();
  std::unique_ptr<RoundStore> store_ = MakeMemoryRoundStore();
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
};

TEST_F(RoundCoordinatorTest, RunsAllRoundsAndGivesTheBestModel) {
  const auto run = Open(FakePlan(3));
  auto sites = JoinAll(*run, {"A", "B", "C"});
  ASSERT_OK(RunToTheEnd(*run, sites));
  EXPECT_EQ(run->BestModel().version, 3);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile final_model, run->FinalModel());
  EXPECT_EQ(final_model.metadata.at("round"), "2");
  EXPECT_EQ(final_model.metadata.at("model_sha256"), Digest(FnvHash(), final_model.blob.bytes));
  EXPECT_THAT(lines_, Contains("site A joined"));
  EXPECT_THAT(lines_, Contains("round 1: 2 of 3 updates"));
  EXPECT_THAT(lines_,
              Contains("round 1 aggregated, validation loss 0.6667 (best 0.6667 at round 1)"));
  EXPECT_EQ(lines_.back(), "run finished, best model is that of round 2");
}

TEST_F(RoundCoordinatorTest, TheResultDoesNotDependOnTheOrderOfArrival) {
  std::vector<Bytes> results;
  std::vector<std::string> order = {"A", "B", "C"};
  do {
    blobs_ = MakeMemoryBlobStore();
    store_ = MakeMemoryRoundStore();
    const auto run = Open(FakePlan());
    auto sites = JoinAll(*run, order);
    ASSERT_OK(RunToTheEnd(*run, sites));
    results.push_back(run->FinalModel().value().blob.bytes);
  } while (std::next_permutation(order.begin(), order.end()));
  for (const Bytes& result : results) EXPECT_EQ(result, results.front());
}

TEST_F(RoundCoordinatorTest, KeepsOnlyTheModelsThatCanStillBeAskedFor) {
  const auto run = Open(FakePlan(4));
  auto sites = JoinAll(*run, {"A", "B", "C"});
  ASSERT_OK(RunToTheEnd(*run, sites));
  EXPECT_THAT(*blobs_->List(""), ::testing::ElementsAre("models/initial", "models/v4"));
}

TEST_F(RoundCoordinatorTest, SitesEvaluateEveryKthModelAndTheLastAndReplayAgrees) {
  RunPlan plan = FakePlan(5);
  plan.rounds.evaluate_every = 3;
  auto run = Open(plan);
  auto sites = JoinAll(*run, {"A", "B", "C"});
  ASSERT_OK(RunToTheEnd(*run, sites));
  std::vector<RoundNumber> evaluated;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<Event> log, store_->Load());
  for (const Event& event : log) {
    const auto* report = std::get_if<EvaluationReceived>(&event.what);
    if (report != nullptr && report->site == SiteId("A")) evaluated.push_back(report->version);
  }
  EXPECT_THAT(evaluated, ::testing::ElementsAre(3, 5));
  EXPECT_THAT(lines_, Contains("round 0 aggregated, no validation loss"));
  EXPECT_THAT(*blobs_->List(""), ::testing::ElementsAre("models/initial", "models/v5"));
  const RunSnapshot before = run->Snapshot();
  run.reset();
  run = Open(plan);
  EXPECT_EQ(run->Snapshot().history, before.history);
  EXPECT_EQ(run->BestModel().version, 5);
}

TEST_F(RoundCoordinatorTest, TheSameUpdateAgainIsFineAndOtherBytesAreNot) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  FakeUpdate update = TrainFake(SiteId("A"), 0, ModelOf(sites[0]));
  ASSERT_OK(sites[0].transport().SubmitUpdate(update.header, update.encoded));
  EXPECT_OK(sites[0].transport().SubmitUpdate(update.header, update.encoded));
  EXPECT_EQ(*run->BeginUpdate(update.header), update.header.byte_size);
  update.encoded.front() ^= std::byte{1};
  update.header.digest = Digest(FnvHash(), update.encoded);
  EXPECT_STATUS(sites[0].transport().SubmitUpdate(update.header, update.encoded),
                StatusCode::kAlreadyExists, "site A");
}

TEST_F(RoundCoordinatorTest, ALateUpdateIsToldTheCurrentRound) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  const FakeUpdate update = TrainFake(SiteId("C"), 0, ModelOf(sites[2]));
  ASSERT_OK(sites[0].Follow());
  clock_.Advance(Millis{60'000});
  ASSERT_OK(sites[0].Follow());  // is heard of, unlike B and C
  ASSERT_OK(run->Pump());
  EXPECT_STATUS(sites[2].transport().SubmitUpdate(update.header, update.encoded),
                StatusCode::kFailedPrecondition, "the current round is 0");
}

TEST_F(RoundCoordinatorTest, WrongBytesAreDiscardedAndCanBeSentAgain) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  const FakeUpdate update = TrainFake(SiteId("A"), 0, ModelOf(sites[0]));
  Bytes broken = update.encoded;
  broken[5] ^= std::byte{1};
  EXPECT_STATUS(sites[0].transport().SubmitUpdate(update.header, broken), StatusCode::kDataLoss,
                "digest");
  EXPECT_EQ(*run->BeginUpdate(update.header), 0u);
  EXPECT_OK(sites[0].transport().SubmitUpdate(update.header, update.encoded));
}

TEST_F(RoundCoordinatorTest, ABrokenUploadGoesOnWhereItStopped) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  const FakeUpdate update = TrainFake(SiteId("A"), 0, ModelOf(sites[0]));
  const ByteView bytes(update.encoded);
  ASSERT_EQ(*run->BeginUpdate(update.header), 0u);
  ASSERT_OK(run->AppendUpdate(SiteId("A"), 0, 0, bytes.first(10)));
  EXPECT_STATUS(run->CommitUpdate(update.header), StatusCode::kFailedPrecondition, "10 of");
  EXPECT_EQ(*run->BeginUpdate(update.header), 10u);
  EXPECT_STATUS(run->AppendUpdate(SiteId("A"), 0, 4, bytes.first(4)),
                StatusCode::kFailedPrecondition, "");
  ASSERT_OK(run->AppendUpdate(SiteId("A"), 0, 10, bytes.subspan(10)));
  EXPECT_OK(run->CommitUpdate(update.header));
}

TEST_F(RoundCoordinatorTest, AnotherUpdateOfTheRoundStartsAnew) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  FakeUpdate update = TrainFake(SiteId("A"), 0, ModelOf(sites[0]));
  ASSERT_EQ(*run->BeginUpdate(update.header), 0u);
  ASSERT_OK(run->AppendUpdate(SiteId("A"), 0, 0, ByteView(update.encoded).first(10)));
  update.header.digest = "00";
  EXPECT_EQ(*run->BeginUpdate(update.header), 0u);
}

TEST_F(RoundCoordinatorTest, ValuesThatAreNotFiniteAreRefusedByName) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  FakeUpdate update = TrainFake(SiteId("A"), 0, ModelOf(sites[0]));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(update.encoded.data(), &nan, sizeof(nan));
  update.header.digest = Digest(FnvHash(), update.encoded);
  EXPECT_STATUS(sites[0].transport().SubmitUpdate(update.header, update.encoded),
                StatusCode::kDataLoss, "site A: update of round 0: entry 'backbone.conv.weight'");
}

TEST_F(RoundCoordinatorTest, HeadersThatContradictTheRunAreRefusedByField) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  const UpdateHeader good = TrainFake(SiteId("A"), 0, ModelOf(sites[0])).header;
  const auto refused = [&](const std::string& field, auto change) {
    UpdateHeader header = good;
    change(header);
    EXPECT_STATUS(run->BeginUpdate(header), StatusCode::kInvalidArgument, "site A: ");
    EXPECT_THAT(run->BeginUpdate(header).status().message(), HasSubstr(field));
  };
  refused("run", [](UpdateHeader& header) { header.run = RunId("other"); });
  refused("codec", [](UpdateHeader& header) { header.codec = "int8"; });
  refused("digest", [](UpdateHeader& header) { header.digest = ""; });
  refused("digest", [](UpdateHeader& header) { header.digest = "not hexadecimal"; });
  refused("byte_size", [](UpdateHeader& header) { header.byte_size = 1ULL << 60; });
}

TEST_F(RoundCoordinatorTest, ASiteMustBeWhatTheRunExpects) {
  const auto run = Open(FakePlan());
  SiteDeclaration declaration = FakeDeclaration("A");
  declaration.site = SiteId("../A");
  EXPECT_STATUS(run->Join(declaration), StatusCode::kInvalidArgument, "site '../A'");
  declaration = FakeDeclaration("A");
  declaration.layout_fingerprint = "0";
  EXPECT_STATUS(run->Join(declaration), StatusCode::kInvalidArgument, "layout_fingerprint");
  EXPECT_STATUS(run->NextInstruction(SiteId("A"), Millis{0}), StatusCode::kNotFound, "site A");
}

TEST_F(RoundCoordinatorTest, WhoIsTurnedAwayIsNotedOnceAndSurvivesARestart) {
  SiteDeclaration unreadable = FakeDeclaration("C");
  unreadable.tasks[0].set_aside = 1000;
  SiteDeclaration foreign = FakeDeclaration("D");
  foreign.layout_fingerprint = "0";
  const auto states = [](const RoundCoordinator& run) {
    const RunSnapshot snapshot = run.Snapshot();
    std::vector<std::string> texts;
    texts.reserve(snapshot.turned_away.size());
    for (const RunSnapshot::Site& site : snapshot.turned_away) texts.push_back(site.state);
    return texts;
  };
  {
    const auto run = Open(FakePlan());
    auto sites = JoinAll(*run, {"A", "B"});
    EXPECT_STATUS(run->Join(foreign), StatusCode::kInvalidArgument, "layout_fingerprint");
    EXPECT_EQ(run->Snapshot().phase, RoundPhase::kGathering) << "D may come back mended";
    for (int time = 0; time < 3; ++time) {
      EXPECT_STATUS(run->Join(unreadable), StatusCode::kInvalidArgument, "abstains");
    }
    EXPECT_THAT(lines_, Contains(HasSubstr("site C abstained: task 'prognosis'")));
    EXPECT_EQ(run->Snapshot().phase, RoundPhase::kTraining) << "C is not waited for";
    EXPECT_THAT(states(*run), ElementsAre(HasSubstr("abstained: task"),
                                          HasSubstr("refused: layout_fingerprint")));
    EXPECT_EQ(run->Log()->size(), 5U) << "opened, two joined, two turned away";
  }
  const auto run = Open(FakePlan());
  EXPECT_EQ(states(*run).size(), 2U);
  auto sites = JoinAll(*run, {"A", "B"});
  ASSERT_OK(RunToTheEnd(*run, sites));
}

TEST_F(RoundCoordinatorTest, ALeftOutSiteGetsEveryModelAndChangesNone) {
  const auto model_of = [this](const std::vector<std::string>& names, const RunPlan& plan) {
    blobs_ = MakeMemoryBlobStore();
    store_ = MakeMemoryRoundStore();
    const auto run = Open(plan);
    auto sites = JoinAll(*run, names);
    EXPECT_OK(RunToTheEnd(*run, sites));
    return run->FinalModel().value().blob.bytes;
  };
  RunPlan plan = FakePlan();
  const Bytes alone = model_of({"A", "B", "C"}, plan);
  plan.rounds.evaluation_sites = {SiteId("D")};
  EXPECT_EQ(model_of({"A", "B", "C", "D"}, plan), alone);
  EXPECT_THAT(lines_, Contains(HasSubstr("round 1: left-out site D: prognosis loss")));
}

TEST_F(RoundCoordinatorTest, ASilentSiteIsNotWaitedForAndComesBackWithAnyCall) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  ASSERT_OK(sites[0].Follow());
  ASSERT_OK(sites[1].Follow());
  clock_.Advance(Millis{20'000});
  ASSERT_OK(sites[0].transport().SendProgress({RunId("fake-run"), 0, SiteId("A"), 3, 10}));
  ASSERT_OK(sites[1].Follow());
  clock_.Advance(Millis{20'000});
  ASSERT_OK(run->Pump());
  EXPECT_THAT(lines_, Contains("site C lost"));
  EXPECT_EQ(run->Snapshot().phase, RoundPhase::kEvaluating);
  ASSERT_OK(sites[2].Follow());
  EXPECT_THAT(lines_, Contains("site C is back"));
  ASSERT_OK(RunToTheEnd(*run, sites));
}

TEST_F(RoundCoordinatorTest, SnapshotSaysWhatEachSiteDoes) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  ASSERT_OK(sites[0].Follow());
  ASSERT_OK(sites[1].transport().SendProgress({RunId("fake-run"), 0, SiteId("B"), 3, 10}));
  const RunSnapshot snapshot = run->Snapshot();
  EXPECT_EQ(snapshot.phase, RoundPhase::kTraining);
  ASSERT_EQ(snapshot.sites.size(), 3u);
  EXPECT_EQ(snapshot.sites[0].state, "submitted");
  EXPECT_EQ(snapshot.sites[1].state, "training 3/10");
  EXPECT_EQ(snapshot.sites[2].state, "training");
}

TEST_F(RoundCoordinatorTest, AStalledSiteIsShownAndLeftToTheDeadline) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  const auto beat = [&](const std::string& site, Millis step, Millis since_step) {
    const Progress progress{RunId("fake-run"),       0,    SiteId(site), 3, 10,
                            SiteActivity::kTraining, step, since_step};
    const std::size_t index = site == "A" ? 0 : 1;
    ASSERT_OK(sites[index].transport().SendProgress(progress));
  };
  beat("A", Millis(500), Millis(6'000));
  beat("B", Millis(10'000), Millis(6'000));  // twenty times slower
  const RunSnapshot snapshot = run->Snapshot();
  EXPECT_EQ(snapshot.sites[0].pulse.health, SiteHealth::kStalled);
  EXPECT_EQ(snapshot.sites[0].state,
            "stalled: no step for 6 s, its steps take 0.5 s; training 3/10");
  EXPECT_EQ(snapshot.sites[1].pulse.health, SiteHealth::kWell);
  EXPECT_EQ(snapshot.sites[1].state, "training 3/10, 70 s left");
  EXPECT_EQ(snapshot.sites[1].round_takes, Millis(100'000));
  EXPECT_EQ(snapshot.phase, RoundPhase::kTraining) << "nothing follows from it";
  ASSERT_OK(sites[0].Follow());
  EXPECT_EQ(run->Snapshot().sites[0].state, "submitted");
}

TEST_F(RoundCoordinatorTest, OnlyModelsOfTheMomentCanBeRead) {
  const auto run = Open(FakePlan());
  auto sites = JoinAll(*run, {"A", "B", "C"});
  Bytes into(8);
  ModelRef model = sites[0].transport().NextInstruction(Millis{0})->model;
  EXPECT_STATUS(run->ReadModel(model, model.byte_size, into), StatusCode::kInvalidArgument,
                "beyond");
  model.digest = "../../etc/passwd";
  EXPECT_STATUS(run->ReadModel(model, 0, into), StatusCode::kFailedPrecondition, "version 0");
}

TEST_F(RoundCoordinatorTest, AStoreOfAnotherFirstModelIsRefused) {
  Open(FakePlan()).reset();
  RoundCoordinator::Options options = OptionsFor(FakePlan());
  options.initial.blob.bytes.front() ^= std::byte{1};
  EXPECT_STATUS(RoundCoordinator::Open(std::move(options)), StatusCode::kFailedPrecondition,
                "another model");
}

TEST_F(RoundCoordinatorTest, ShutdownWakesThoseWhoWait) {
  const auto run = Open(FakePlan(2, 4));
  auto sites = JoinAll(*run, {"A", "B", "C"});
  Status woken;
  std::thread waiting([&] { woken = run->NextInstruction(SiteId("A"), Millis{60'000}).status(); });
  run->Shutdown();
  waiting.join();
  EXPECT_EQ(woken.code(), StatusCode::kUnavailable);
}

TEST_F(RoundCoordinatorTest, SitesInThreadsGetTheSameModelAsSitesInTurns) {
  Bytes expected;
  {
    const auto run = Open(FakePlan(5));
    auto sites = JoinAll(*run, {"A", "B", "C"});
    ASSERT_OK(RunToTheEnd(*run, sites));
    expected = run->FinalModel().value().blob.bytes;
  }
  blobs_ = MakeMemoryBlobStore();
  store_ = MakeMemoryRoundStore();
  RoundCoordinator::Options options = OptionsFor(FakePlan(5));
  options.worker = true;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto run, RoundCoordinator::Open(std::move(options)));
  std::vector<std::thread> threads;
  for (const std::string name : {"A", "B", "C"}) {
    threads.emplace_back([&run, name] {
      FakeSite site(name, MakeInProcessTransport(SiteId(name), *run));
      EXPECT_OK(site.Join());
      while (true) {
        const Result<InstructionKind> done = site.Follow(Millis{10'000});
        ASSERT_TRUE(done.ok()) << done.status();
        if (*done == InstructionKind::kFinish) return;
      }
    });
  }
  EXPECT_TRUE(run->WaitFinished(Millis{60'000}));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(run->FinalModel().value().blob.bytes, expected);
}

}  // namespace
}  // namespace consilium
