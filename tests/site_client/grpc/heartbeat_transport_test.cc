#include "site_client/heartbeat_transport.h"

#include "tests/support/status_matchers.h"

#include <vector>

namespace consilium {
namespace {

/// Counts heartbeats; training is a test that waits for some.
class CountingTransport : public Transport {
 public:
  Result<RunOffer> GetRun() override {
    RunOffer offer;
    offer.plan.run = RunId("r");
    return offer;
  }
  Status Join(const SiteDeclaration& /*declaration*/) override { return OkStatus(); }
  Result<Instruction> NextInstruction(Millis /*patience*/) override {
    Instruction train;
    train.kind = InstructionKind::kTrain;
    train.round = 4;
    return train;
  }
  Result<Bytes> FetchModel(const ModelRef& /*model*/) override { return Bytes(); }
  Status SubmitUpdate(const UpdateHeader& /*header*/, ByteView /*encoded*/) override {
    return OkStatus();
  }
  Status SubmitEvaluation(const EvaluationReport& /*report*/) override { return OkStatus(); }
  Status SendProgress(const Progress& progress) override {
    const std::lock_guard lock(mutex_);
    beats_.push_back(progress);
    came_.notify_all();
    return Unavailable("nobody hears it");
  }

  /// The first heartbeat that `holds`, or an empty one after ten seconds.
  template <typename Predicate>
  Progress Await(Predicate holds) {
    std::unique_lock lock(mutex_);
    Progress found;
    came_.wait_for(lock, Millis(10'000), [&] {
      for (const Progress& beat : beats_) {
        if (holds(beat)) found = beat;
      }
      return !found.run.empty();
    });
    return found;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return beats_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Progress> beats_;
};

TEST(HeartbeatTransportTest, BeatsFromTheJoinOnWhileNobodyCalls) {
  const SimulatedClock clock;
  CountingTransport inner;
  HeartbeatTransport transport(inner, Millis(1), clock);
  ASSERT_OK(transport.GetRun());
  ASSERT_OK(transport.Join({SiteId("mercy"), 1, {}, ""}));
  const Progress beat = inner.Await([](const Progress&) { return true; });
  EXPECT_EQ(beat.run, RunId("r"));
  EXPECT_EQ(beat.site, SiteId("mercy"));
}

TEST(HeartbeatTransportTest, ASiteThatHasNotJoinedIsSilent) {
  const SimulatedClock clock;
  CountingTransport inner;
  {
    HeartbeatTransport transport(inner, Millis(1), clock);
    ASSERT_OK(transport.GetRun());
    ASSERT_OK(transport.SendProgress({RunId("r"), 0, SiteId("mercy"), 1, 2}));
  }
  EXPECT_EQ(inner.count(), 0U);
}

TEST(HeartbeatTransportTest, TheLatestProgressAndRoundAreTold) {
  const SimulatedClock clock;
  CountingTransport inner;
  HeartbeatTransport transport(inner, Millis(1), clock);
  ASSERT_OK(transport.GetRun());
  ASSERT_OK(transport.Join({SiteId("mercy"), 1, {}, ""}));
  ASSERT_OK(transport.NextInstruction(Millis(0)));
  EXPECT_EQ(inner.Await([](const Progress& p) { return p.round == 4; }).steps_done, 0);
  ASSERT_OK(transport.SendProgress({RunId("r"), 4, SiteId("mercy"), 7, 9}));
  EXPECT_EQ(inner.Await([](const Progress& p) { return p.steps_done == 7; }).steps_planned, 9);
}

/// A heartbeat that says `activity`, once there is one.
Progress AwaitActivity(CountingTransport& inner, SiteActivity activity) {
  return inner.Await([&](const Progress& beat) { return beat.activity == activity; });
}

TEST(HeartbeatTransportTest, EachCallIsToldAsWhatTheSiteDoes) {
  const SimulatedClock clock;
  CountingTransport inner;
  HeartbeatTransport transport(inner, Millis(1), clock);
  ASSERT_OK(transport.GetRun());
  ASSERT_OK(transport.Join({SiteId("mercy"), 1, {}, ""}));
  ASSERT_OK(transport.NextInstruction(Millis(0)));
  EXPECT_FALSE(AwaitActivity(inner, SiteActivity::kWaiting).run.empty());
  ASSERT_OK(transport.FetchModel({}));
  EXPECT_FALSE(AwaitActivity(inner, SiteActivity::kFetching).run.empty());
  ASSERT_OK(transport.SubmitUpdate({}, {}));
  EXPECT_FALSE(AwaitActivity(inner, SiteActivity::kSending).run.empty());
}

TEST(HeartbeatTransportTest, TellsWhatStepsTakeAndForHowLongNoneHasEnded) {
  SimulatedClock clock;
  CountingTransport inner;
  HeartbeatTransport transport(inner, Millis(1), clock);
  ASSERT_OK(transport.GetRun());
  ASSERT_OK(transport.Join({SiteId("mercy"), 1, {}, ""}));
  Progress progress{RunId("r"), 4, SiteId("mercy"), 0, 9, SiteActivity::kTraining};
  ASSERT_OK(transport.SendProgress(progress));
  for (const int step : {200, 900, 250}) {
    clock.Advance(Millis(step));
    ++progress.steps_done;
    ASSERT_OK(transport.SendProgress(progress));
  }
  clock.Advance(Millis(70));
  const Progress last = inner.Await(
      [](const Progress& one) { return one.steps_done == 3 && one.since_step == Millis(70); });
  EXPECT_EQ(last.step, Millis(250)) << "the median";
}

}  // namespace
}  // namespace consilium
