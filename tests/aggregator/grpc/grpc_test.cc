#include "aggregator/grpc/server.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "site_client/grpc/grpc_transport.h"
#include "site_client/grpc/model_draft.h"
#include "tests/aggregator/grpc/fake_coordinator.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <atomic>
#include <stdexcept>

namespace consilium {
namespace {

/// 3 MiB and a bit: four chunks.
Bytes ManyBytes() {
  Bytes bytes((3 << 20) + 17);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 31 >> 7);
  return bytes;
}

class GrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(AllowOnlyTls13());
    ASSERT_OK(MakeThrowAwayCa({folder_.File("ca"), {"127.0.0.1"}, {"mercy"}, 1}));
    FederationServer::Options options;
    options.identity = Identity("aggregator");
    options.service.longest_poll = Millis(1'000);
    options.service.on_fault = [this](const std::string&) { ++faults_; };
    auto server = FederationServer::Start(coordinator_, std::move(options));
    ASSERT_OK(server);
    server_ = std::move(*server);
    GrpcTransportOptions transport;
    transport.aggregator = "127.0.0.1:" + std::to_string(server_->port());
    transport.identity = Identity("mercy");
    transport.hasher = Sha256();
    transport.first_pause = Millis(1);
    transport.retry_for = Millis(20'000);
    transport.on_retry = [this](const Status&, Millis) { ++retries_; };
    auto made = MakeGrpcTransport(std::move(transport));
    ASSERT_OK(made);
    transport_ = std::move(*made);
  }

  TlsIdentity Identity(const std::string& name) const {
    return *ReadTlsIdentity(folder_.File("ca/ca.crt"), folder_.File("ca/" + name + ".crt"),
                            folder_.File("ca/" + name + ".key"));
  }

  /// As the site's next process has it.
  std::unique_ptr<Transport> Another(std::shared_ptr<BlobStore> downloads) const {
    GrpcTransportOptions options;
    options.aggregator = "127.0.0.1:" + std::to_string(server_->port());
    options.identity = Identity("mercy");
    options.hasher = Sha256();
    options.first_pause = Millis(1);
    options.downloads = std::move(downloads);
    return MakeGrpcTransport(std::move(options)).value();
  }

  ModelRef Model(const Bytes& bytes) const { return {Digest(Sha256(), bytes), bytes.size(), 3}; }

  UpdateHeader Header(const Bytes& bytes) const {
    UpdateHeader header;
    header.run = RunId("r");
    header.round = 2;
    header.site = SiteId("somebody else");
    header.codec = "fp32";
    header.digest = Digest(Sha256(), bytes);
    header.byte_size = bytes.size();
    return header;
  }

  TempFolder folder_;
  FakeCoordinator coordinator_;
  std::atomic<int> faults_ = 0;
  std::atomic<int> retries_ = 0;
  std::unique_ptr<FederationServer> server_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(GrpcTest, ASiteIsWhoItsCertificateSays) {
  SiteDeclaration declaration;
  declaration.site = SiteId("somebody else");
  ASSERT_OK(transport_->Join(declaration));
  ASSERT_EQ(coordinator_.joined.size(), 1U);
  EXPECT_EQ(coordinator_.joined[0].site, SiteId("mercy"));
}

TEST_F(GrpcTest, TheCoordinatorsStatusReachesTheSite) {
  coordinator_.join_status = AlreadyExists("another declaration");
  EXPECT_EQ(transport_->Join({}), AlreadyExists("another declaration"));
}

TEST_F(GrpcTest, WhatIsThrownBecomesAnInternalErrorWithoutDetails) {
  coordinator_.next_instruction = []() -> Result<Instruction> {
    throw std::runtime_error("/secret/path");
  };
  const Status status = transport_->NextInstruction(Millis(0)).status();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), ::testing::Not(::testing::HasSubstr("secret")));
  EXPECT_EQ(faults_, 1);
}

TEST_F(GrpcTest, PatienceIsBoundedByTheServer) {
  ASSERT_OK(transport_->NextInstruction(Millis(60'000)));
  EXPECT_EQ(coordinator_.last_patience, Millis(1'000));
}

TEST_F(GrpcTest, AModelArrivesWhole) {
  coordinator_.model = ManyBytes();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received,
                                 transport_->FetchModel(Model(coordinator_.model)));
  EXPECT_TRUE(received == coordinator_.model);
}

TEST_F(GrpcTest, ABrokenDownloadGoesOnWhereItStopped) {
  coordinator_.model = ManyBytes();
  bool broken = false;
  coordinator_.before_read = [&broken](std::uint64_t offset) {
    if (offset < (2 << 20) || broken) return OkStatus();
    broken = true;
    return Unavailable("cut");
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received,
                                 transport_->FetchModel(Model(coordinator_.model)));
  EXPECT_TRUE(received == coordinator_.model);
  EXPECT_EQ(retries_, 1);
  EXPECT_EQ(std::count(coordinator_.read_offsets.begin(), coordinator_.read_offsets.end(), 0U), 1);
}

TEST_F(GrpcTest, ASiteKilledInADownloadGoesOnWhereItWas) {
  coordinator_.model = ManyBytes();
  const std::shared_ptr<BlobStore> downloads = OpenDiskBlobStore(folder_.File("down")).value();
  coordinator_.before_read = [](std::uint64_t offset) {
    return offset < (2 << 20) ? OkStatus() : PermissionDenied("the end of the first process");
  };
  const ModelRef model = Model(coordinator_.model);
  EXPECT_STATUS(Another(downloads)->FetchModel(model), StatusCode::kPermissionDenied, "the end");
  coordinator_.before_read = [](std::uint64_t) { return OkStatus(); };
  coordinator_.read_offsets.clear();
  // As each process does first, whose download is another one.
  ModelRef first = model;
  first.version = kInitialModel;
  const auto transport = Another(downloads);
  ASSERT_OK(transport->FetchModel(first));
  coordinator_.read_offsets.clear();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received, transport->FetchModel(model));
  EXPECT_TRUE(received == coordinator_.model);
  EXPECT_EQ(coordinator_.read_offsets, (std::vector<std::uint64_t>{2 << 20, 3 << 20}));
  EXPECT_EQ(*downloads->DraftSize("round"), 0U);
}

TEST_F(GrpcTest, ADamagedDraftIsFetchedAnew) {
  coordinator_.model = ManyBytes();
  const ModelRef model = Model(coordinator_.model);
  const std::shared_ptr<BlobStore> downloads = MakeMemoryBlobStore();
  ModelDraft draft(downloads.get(), model, {});
  EXPECT_TRUE(draft.Resume().empty());
  draft.Append(Bytes(100'000));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received, Another(downloads)->FetchModel(model));
  EXPECT_TRUE(received == coordinator_.model);
  EXPECT_EQ(coordinator_.read_offsets.front(), 100'000U);
  EXPECT_EQ(std::ranges::count(coordinator_.read_offsets, 0U), 1);
}

TEST_F(GrpcTest, AModelThatDoesNotMatchItsDigestIsRefused) {
  coordinator_.model = ManyBytes();
  const ModelRef model = Model(coordinator_.model);
  coordinator_.model[5] ^= std::byte{1};
  EXPECT_STATUS(transport_->FetchModel(model), StatusCode::kDataLoss, "digest");
}

TEST_F(GrpcTest, AModelDamagedOnItsWayIsFetchedAgain) {
  coordinator_.model = ManyBytes();
  const ModelRef model = Model(coordinator_.model);
  coordinator_.model[5] ^= std::byte{1};
  coordinator_.before_read = [&](std::uint64_t offset) {
    const auto begun = std::ranges::count(coordinator_.read_offsets, 0U);
    if (offset == 0 && begun == 2) coordinator_.model[5] ^= std::byte{1};
    return OkStatus();
  };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received, transport_->FetchModel(model));
  EXPECT_TRUE(received == coordinator_.model);
}

TEST_F(GrpcTest, ABrokenUploadGoesOnWhereTheAggregatorSays) {
  const Bytes update = ManyBytes();
  bool broken = false;
  coordinator_.before_append = [&broken](std::uint64_t offset) {
    if (offset < (2 << 20) || broken) return OkStatus();
    broken = true;
    return Unavailable("cut");
  };
  ASSERT_OK(transport_->SubmitUpdate(Header(update), update));
  EXPECT_TRUE(coordinator_.spooled == update);
  ASSERT_EQ(coordinator_.committed.size(), 1U);
  EXPECT_EQ(coordinator_.committed[0].site, SiteId("mercy"));
  EXPECT_EQ(std::count(coordinator_.append_offsets.begin(), coordinator_.append_offsets.end(), 0U),
            1);
}

TEST_F(GrpcTest, AFullDiskIsWaitedFor) {
  const Bytes update = ManyBytes();
  int full = 3;
  coordinator_.before_append = [&full](std::uint64_t) {
    return full-- > 0 ? ResourceExhausted("/srv/spool: no space left") : OkStatus();
  };
  ASSERT_OK(transport_->SubmitUpdate(Header(update), update));
  EXPECT_EQ(retries_, 3);
  EXPECT_EQ(faults_, 3);
}

TEST_F(GrpcTest, AnUpdateThatArrivedChangedIsSentAgain) {
  const Bytes update = ManyBytes();
  int changed = 1;
  coordinator_.before_commit = [this, &changed] {
    if (changed-- <= 0) return OkStatus();
    coordinator_.spooled.clear();
    return DataLoss("the bytes do not match their digest");
  };
  ASSERT_OK(transport_->SubmitUpdate(Header(update), update));
  EXPECT_TRUE(coordinator_.spooled == update);
  changed = 3;
  coordinator_.spooled.clear();
  EXPECT_STATUS(transport_->SubmitUpdate(Header(update), update), StatusCode::kDataLoss, "digest");
}

TEST_F(GrpcTest, ALateUpdateIsReportedAtOnce) {
  coordinator_.begin_status = FailedPrecondition("round 3 is open");
  const Bytes update = ManyBytes();
  EXPECT_EQ(transport_->SubmitUpdate(Header(update), update),
            FailedPrecondition("round 3 is open"));
  EXPECT_EQ(retries_, 0);
}

TEST_F(GrpcTest, ReportsAndProgressArriveUnderTheCallersName) {
  EvaluationReport report;
  report.run = RunId("r");
  report.version = 4;
  ASSERT_OK(transport_->SubmitEvaluation(report));
  ASSERT_EQ(coordinator_.evaluations.size(), 1U);
  EXPECT_EQ(coordinator_.evaluations[0].site, SiteId("mercy"));
  ASSERT_OK(transport_->SendProgress({RunId("r"), 1, SiteId("x"), 3, 10}));
  ASSERT_EQ(coordinator_.progress.size(), 1U);
  EXPECT_EQ(coordinator_.progress[0].site, SiteId("mercy"));
  EXPECT_EQ(coordinator_.progress[0].steps_done, 3);
}

TEST_F(GrpcTest, WhatMayPassIsTriedAgainAndTheRestIsNot) {
  int calls = 0;
  coordinator_.next_instruction = [&calls]() -> Result<Instruction> {
    if (++calls < 3) return Unavailable("not yet");
    return PermissionDenied("never");
  };
  EXPECT_EQ(transport_->NextInstruction(Millis(0)).status(), PermissionDenied("never"));
  EXPECT_EQ(retries_, 2);
}

TEST_F(GrpcTest, AnUnreachableAggregatorIsUnavailableWhenTheTimeIsOver) {
  GrpcTransportOptions options;
  options.aggregator = "127.0.0.1:1";
  options.identity = Identity("mercy");
  options.retry_for = Millis(0);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto transport, MakeGrpcTransport(std::move(options)));
  EXPECT_EQ(transport->GetRun().status().code(), StatusCode::kUnavailable);
}

TEST_F(GrpcTest, AnAggregatorUnderAnotherNameIsNotTrusted) {
  GrpcTransportOptions options;
  options.aggregator = "localhost:" + std::to_string(server_->port());
  options.identity = Identity("mercy");
  options.on_retry = [this](const Status&, Millis) { ++retries_; };
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto transport, MakeGrpcTransport(std::move(options)));
  EXPECT_STATUS(transport->GetRun(), StatusCode::kPermissionDenied,
                "it is for IP Address:127.0.0.1, not for 'localhost'");
  EXPECT_EQ(retries_, 0);
  EXPECT_TRUE(coordinator_.joined.empty());
}

TEST_F(GrpcTest, AnAggregatorOfAnotherCaIsToldAtOnceAndNotTriedAgain) {
  ASSERT_OK(MakeThrowAwayCa({folder_.File("other"), {"127.0.0.1"}, {"mercy"}, 1}));
  const auto from = [&](const std::string& ca, const std::string& own) {
    GrpcTransportOptions options;
    options.aggregator = "127.0.0.1:" + std::to_string(server_->port());
    options.identity =
        *ReadTlsIdentity(folder_.File(ca + "/ca.crt"), folder_.File(own + "/mercy.crt"),
                         folder_.File(own + "/mercy.key"));
    options.on_retry = [this](const Status&, Millis) { ++retries_; };
    return (*MakeGrpcTransport(std::move(options)))->GetRun().status();
  };
  EXPECT_STATUS(from("other", "other"), StatusCode::kPermissionDenied,
                "shows a certificate that is not trusted");
  EXPECT_STATUS(from("ca", "other"), StatusCode::kPermissionDenied,
                "refuses this program's certificate (" + folder_.File("other/mercy.crt") + ")");
  EXPECT_EQ(retries_, 0);
}

/// One run for everybody, which remembers what was asked.
class RememberingRuns final : public RunDirectory {
 public:
  explicit RememberingRuns(RoundCoordinator& coordinator) : one_(coordinator) {}
  Result<std::shared_ptr<RoundCoordinator>> Offered(const SiteId& site,
                                                    const RunRequest& request) override {
    requests.push_back(request);
    return one_.Offered(site, request);
  }
  Result<std::shared_ptr<RoundCoordinator>> Current(const SiteId& site, const RunId& run) override {
    named.push_back(run);
    return one_.Current(site, run);
  }
  std::vector<RunRequest> requests;
  std::vector<RunId> named;

 private:
  SingleRun one_;
};

class NamedRunTest : public GrpcTest {
 protected:
  void SetUp() override {
    GrpcTest::SetUp();
    coordinator_.offer.plan.run = RunId("r");
    coordinator_.offer.plan.tasks = {PrognosisTask()};
    coordinator_.offer.plan.backbone = "resnet18";
    FederationServer::Options options;
    options.identity = Identity("aggregator");
    remembering_ = *FederationServer::Start(runs_, std::move(options));
  }

  std::unique_ptr<Transport> Connect(const RunsOfSite& known, const std::string& wanted) const {
    GrpcTransportOptions options;
    options.aggregator = "127.0.0.1:" + std::to_string(remembering_->port());
    options.identity = Identity("mercy");
    options.run = RunId(wanted);
    options.runs_of_site = [known] { return known; };
    return *MakeGrpcTransport(std::move(options));
  }

  std::shared_ptr<RememberingRuns> runs_ = std::make_shared<RememberingRuns>(coordinator_);
  std::unique_ptr<FederationServer> remembering_;
};

TEST_F(NamedRunTest, EachCallOfASiteNamesTheRunThatItWasOffered) {
  const auto transport = Connect({{RunId("one")}, {RunId("two"), RunId("three")}}, "");
  ASSERT_OK(transport->NextInstruction(Millis(0)));
  ASSERT_OK(transport->GetRun());
  ASSERT_EQ(runs_->requests.size(), 1U);
  EXPECT_TRUE(runs_->requests[0].names_runs);
  EXPECT_EQ(runs_->requests[0].wanted, RunId());
  EXPECT_THAT(runs_->requests[0].taking_part, ::testing::ElementsAre(RunId("one")));
  EXPECT_THAT(runs_->requests[0].done_with, ::testing::ElementsAre(RunId("two"), RunId("three")));
  ASSERT_OK(transport->NextInstruction(Millis(0)));
  ASSERT_OK(transport->SendProgress({}));
  EXPECT_THAT(runs_->named, ::testing::ElementsAre(RunId(), RunId("r"), RunId("r")));
}

TEST_F(NamedRunTest, ASiteAsksForTheRunThatItWants) {
  ASSERT_OK(Connect({}, "r")->GetRun());
  ASSERT_EQ(runs_->requests.size(), 1U);
  EXPECT_EQ(runs_->requests[0].wanted, RunId("r"));
}

TEST_F(NamedRunTest, ARequestThatNamesTooManyRunsIsRefused) {
  RunsOfSite many;
  many.taking_part.assign(156, RunId("one"));
  many.done_with.assign(101, RunId("two"));
  EXPECT_STATUS(Connect(many, "")->GetRun(), StatusCode::kInvalidArgument, "names more than 256");
  EXPECT_TRUE(runs_->requests.empty());
}

}  // namespace
}  // namespace consilium
