/// A federated run in one process under each codec: what the sites send goes through the codec, as
/// over a network.
#include "aggregator/in_process_transport.h"
#include "aggregator/round_coordinator.h"
#include "common/codec/zstd_block.h"
#include "tests/site_client/tiny_run.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <map>

namespace consilium {
namespace {

constexpr int kCodecRounds = 6;
const std::vector<std::string> kSites{"A", "B"};

RunPlan PlanWith(const std::string& codec, const std::string& model_codec) {
  RunPlan plan = TinyPlan();
  plan.codec = codec;
  plan.model_codec = model_codec;
  plan.rounds.rounds = kCodecRounds;
  plan.training.dropout = 0;
  return plan;
}

struct Outcome {
  Bytes model;
  std::size_t fetched = 0;
  std::size_t sent = 0;
  double first_loss = 0;
  double best_loss = 0;
};

/// One site and its way to the aggregator.
class Member {
 public:
  Member(const std::string& name, RoundCoordinator& coordinator, const TinyRun& run,
         std::string folder)
      : name_(name), run_(run), folder_(std::move(folder)) {
    transport_ = MakeInProcessTransport(SiteId(name), coordinator);
    Restart();
    EXPECT_OK(transport_->Join(runner_->Declaration()));
  }
  /// As a site that was killed and started again.
  void Restart() {
    SiteRunner::Options options = TinyOptions(name_);
    options.state_folder = folder_;
    const std::uint64_t seed = name_ == "A" ? 1 : 2;
    runner_ = BegunRunner(options, run_, TinyData(std::vector<Holding>(24, Holding::kBoth), seed))
                  .value();
  }
  void Follow() {
    const Instruction told = transport_->NextInstruction(Millis{0}).value();
    if (told.kind != InstructionKind::kTrain && told.kind != InstructionKind::kEvaluate) return;
    Bytes fetched = transport_->FetchModel(told.model).value();
    fetched_ += fetched.size();
    const Bytes model = runner_->Unpacked(std::move(fetched)).value();
    const SiteReport report = runner_->Execute(told, model).value();
    if (const auto* update = std::get_if<SiteUpdate>(&report)) {
      sent_ += update->encoded.size();
      EXPECT_OK(transport_->SubmitUpdate(update->header, update->encoded));
    } else {
      EXPECT_OK(transport_->SubmitEvaluation(std::get<EvaluationReport>(report)));
    }
  }
  /// Bytes of models and of updates.
  std::size_t fetched() const { return fetched_; }
  std::size_t sent() const { return sent_; }

 private:
  std::size_t fetched_ = 0;
  std::size_t sent_ = 0;
  std::string name_;
  const TinyRun& run_;
  std::string folder_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<SiteRunner> runner_;
};

Outcome Federated(const std::string& codec, bool restarts = false,
                  const std::string& model_codec = "fp32") {
  const TempFolder folder;
  const RunPlan plan = PlanWith(codec, model_codec);
  const TinyRun run = MakeTinyRun(plan);
  const auto blobs = MakeMemoryBlobStore();
  const auto store = MakeMemoryRoundStore();
  const SystemClock clock;
  RoundCoordinator::Options options;
  options.plan = plan;
  options.initial.blob = ReadState(*MakeTinyNetOfPlan(plan).value());
  options.blobs = blobs.get();
  options.store = store.get();
  options.clock = &clock;
  options.worker = false;
  const auto coordinator = RoundCoordinator::Open(std::move(options)).value();
  std::vector<Member> members;
  members.reserve(kSites.size());
  for (const std::string& site : kSites) {
    members.emplace_back(site, *coordinator, run, restarts ? folder.File(site) : "");
  }
  for (int turn = 0; turn < 100 && !coordinator->WaitFinished(Millis{0}); ++turn) {
    for (Member& member : members) {
      if (restarts) member.Restart();
      member.Follow();
    }
    EXPECT_OK(coordinator->Pump());
  }
  const RunSnapshot snapshot = coordinator->Snapshot();
  std::size_t fetched = 0;
  std::size_t sent = 0;
  for (const Member& member : members) {
    fetched += member.fetched();
    sent += member.sent();
  }
  return {coordinator->FinalModel().value().blob.bytes, fetched, sent,
          *snapshot.history.front().second, *snapshot.best_loss};
}

class CodecFederationTest : public ::testing::TestWithParam<std::string> {};

TEST_P(CodecFederationTest, Learns) {
  const Outcome outcome = Federated(GetParam());
  EXPECT_LT(outcome.best_loss, 0.95 * outcome.first_loss);
}

TEST_P(CodecFederationTest, ALossyCodecActsOnTheModelAndALosslessOneDoesNot) {
  const Bytes exact = Federated("fp32").model;
  EXPECT_EQ(Federated(GetParam()).model == exact, GetParam().starts_with("fp32"));
}

TEST_P(CodecFederationTest, SitesThatRestartAllTheTimeChangeNothing) {
  EXPECT_EQ(Federated(GetParam(), /*restarts=*/true).model, Federated(GetParam()).model);
}

TEST(RoundedModelTest, LearnsUnderEachCodecThatItAllowsAndRestartsChangeNothing) {
  for (const char* codec : {"fp32", "fp32+difference", "bf16+difference", "int8", "top-5%"}) {
    const Outcome outcome = Federated(codec, false, "bf16");
    EXPECT_LT(outcome.best_loss, 0.95 * outcome.first_loss) << codec;
    EXPECT_TRUE(outcome.model == Federated(codec, true, "bf16").model) << codec;
    EXPECT_FALSE(outcome.model == Federated(codec).model) << codec;
  }
}

TEST(RoundedModelTest, SavesAsMuchOfEachModelAsBf16DifferencesOfEachUpdate) {
  const Outcome exact = Federated("fp32");
  const Outcome rounded = Federated("bf16+difference", false, "bf16");
  EXPECT_LT(rounded.sent, exact.sent);
  // To train from and to evaluate: two downloads for each update.
  EXPECT_EQ(exact.fetched - rounded.fetched, 2 * (exact.sent - rounded.sent));
}

std::vector<std::string> Codecs() {
  std::vector<std::string> codecs{"fp32", "fp32+difference", "bf16",   "bf16+difference",
                                  "int8", "int8+difference", "top-5%", "top-5%+difference"};
  if (HasZstd()) {
    const std::size_t plain = codecs.size();
    for (std::size_t i = 0; i < plain; ++i) {
      codecs.push_back(std::string(codecs[i]).append("+zstd"));
    }
  }
  return codecs;
}

INSTANTIATE_TEST_SUITE_P(Codecs, CodecFederationTest, ::testing::ValuesIn(Codecs()));

}  // namespace
}  // namespace consilium
