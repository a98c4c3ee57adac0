#include "aggregator/admin/admin_client.h"
#include "aggregator/grpc/server.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "site_client/grpc/grpc_transport.h"
#include "tests/aggregator/grpc/fake_coordinator.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

/// Remembers what it was told.
class FakeAdmin final : public RunAdmin {
 public:
  std::string actor;
  Bytes model;
  std::vector<AdminEvent> events;
  std::string digest;  // of the second file of a backup

  Result<std::unique_ptr<RunIntake>> StartRun(const std::string& yaml, const std::string& file_name,
                                              const std::string& who) override {
    if (yaml.empty()) return InvalidArgument(file_name + ":1: run: expected a name");
    actor = who;
    return std::unique_ptr<RunIntake>(std::make_unique<Intake>(*this));
  }
  Result<RunChange> Order(const RunId& run, RunOrder order, const std::string& cause,
                          const std::string& who) override {
    return RunChange{2,     {5},
                     run,   order == RunOrder::kPause ? RunState::kPaused : RunState::kCancelled,
                     cause, who};
  }
  Result<std::vector<RunSummary>> Runs() override { return std::vector<RunSummary>(); }
  Result<RunDetail> Show(const RunId& run) override {
    RunDetail detail;
    detail.summary.last.run = run;
    LedgerRound round;
    round.validation_loss = 0.25;
    round.sites = {{SiteId("B"), SiteStanding::kLate, "no update"},
                   {SiteId("E"),
                    SiteStanding::kEvaluates,
                    "t loss 0.5 of 9 images",
                    {{TaskId("t"), 9, 0.5, {{"auroc", 0.75}, {"f1", 0.5}}}}}};
    detail.rounds = {round};
    return detail;
  }
  Result<std::vector<SiteStatus>> Sites() override { return std::vector<SiteStatus>(); }
  Result<TensorFile> Export(const RunId& run, std::optional<RoundNumber> round) override {
    if (round) return NotFound("the model of round " + std::to_string(*round) + " was removed");
    return FailedPrecondition("run " + run.str() + " is not over");
  }
  Result<std::unique_ptr<BackupSource>> Backup(const std::string& who) override {
    actor = who;
    return std::unique_ptr<BackupSource>(std::make_unique<Source>(model, digest));
  }
  std::vector<AdminEvent> Events(std::int64_t after, std::size_t /*limit*/,
                                 Millis /*patience*/) override {
    std::vector<AdminEvent> rest;
    for (const AdminEvent& event : events) {
      if (event.sequence > after) rest.push_back(event);
    }
    return rest;
  }

 private:
  /// A file without bytes, and one with those of the model.
  class Source final : public BackupSource {
   public:
    Source(const Bytes& bytes, const std::string& digest) : bytes_(bytes) {
      files_ = {{{"runs.sqlite", 0}, ""}, {{"runs/r/blobs/models/v0", bytes.size()}, digest}};
      start_ = {kBackupFormat, {7}, {{RunId("r"), RunState::kRunning, 4}}, 2, bytes.size()};
    }
    const BackupStart& start() const override { return start_; }
    const std::vector<File>& files() const override { return files_; }
    Status ReadAt(std::size_t /*file*/, std::uint64_t offset,
                  std::span<std::byte> into) const override {
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
      return OkStatus();
    }

   private:
    const Bytes& bytes_;
    BackupStart start_;
    std::vector<File> files_;
  };
  class Intake final : public RunIntake {
   public:
    explicit Intake(FakeAdmin& admin) : admin_(admin) {}
    Status AppendModel(ByteView bytes) override {
      admin_.model.insert(admin_.model.end(), bytes.begin(), bytes.end());
      return OkStatus();
    }
    Result<RunChange> Finish() override {
      return RunChange{1, {4}, RunId("r"), RunState::kQueued, "started", admin_.actor};
    }

   private:
    FakeAdmin& admin_;
  };
};

class AdminGrpcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(AllowOnlyTls13());
    ASSERT_OK(MakeThrowAwayCa({folder_.File("ca"), {"127.0.0.1"}, {"mercy"}, 1, {"carol"}}));
    FederationServer::Options options;
    options.identity = Identity("aggregator");
    options.admin = &admin_;
    auto server = FederationServer::Start(coordinator_, std::move(options));
    ASSERT_OK(server);
    server_ = std::move(*server);
  }
  TlsIdentity Identity(const std::string& name) const {
    return *ReadTlsIdentity(folder_.File("ca/ca.crt"), folder_.File("ca/" + name + ".crt"),
                            folder_.File("ca/" + name + ".key"));
  }
  std::string Address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  std::unique_ptr<AdminClient> Client(const std::string& name) const {
    return AdminClient::Make({Address(), Identity(name)}).value();
  }

  TempFolder folder_;
  FakeCoordinator coordinator_;
  FakeAdmin admin_;
  std::unique_ptr<FederationServer> server_;
};

TEST_F(AdminGrpcTest, AnOperatorIsWhoTheCertificateSays) {
  const Bytes model((2 << 20) + 5, std::byte{7});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunChange change,
                                 Client("carol")->StartRun("run: r\n", "run.yaml", model));
  EXPECT_EQ(change, (RunChange{1, {4}, RunId("r"), RunState::kQueued, "started", "carol"}));
  EXPECT_TRUE(admin_.model == model);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunChange paused,
                                 Client("carol")->Order(RunId("r"), RunOrder::kPause, "night"));
  EXPECT_EQ(paused, (RunChange{2, {5}, RunId("r"), RunState::kPaused, "night", "carol"}));
}

TEST_F(AdminGrpcTest, ASiteMayOrderNothing) {
  EXPECT_STATUS(Client("mercy")->Runs(), StatusCode::kPermissionDenied,
                "'mercy' is a site's certificate, expected one of an operator");
  EXPECT_STATUS(Client("mercy")->StartRun("run: r\n", "run.yaml", Bytes(10)),
                StatusCode::kPermissionDenied, "operator");
}

TEST_F(AdminGrpcTest, AnOperatorTakesPartInNoRun) {
  GrpcTransportOptions options;
  options.aggregator = Address();
  options.identity = Identity("carol");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto transport, MakeGrpcTransport(std::move(options)));
  EXPECT_STATUS(transport->GetRun(), StatusCode::kPermissionDenied,
                "'carol' is an operator's certificate, expected one of a site");
  EXPECT_STATUS(transport->Join({}), StatusCode::kPermissionDenied, "site");
}

TEST_F(AdminGrpcTest, AWrongPlanIsRefusedWithItsPlace) {
  EXPECT_STATUS(Client("carol")->StartRun("", "run.yaml", Bytes(3 << 20)),
                StatusCode::kInvalidArgument, "run.yaml:1: run: expected a name");
}

TEST_F(AdminGrpcTest, TheLedgerCrossesWhole) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunDetail detail, Client("carol")->Show(RunId("r")));
  EXPECT_EQ(detail.rounds, admin_.Show(RunId("r"))->rounds);
}

TEST_F(AdminGrpcTest, ABackupComesWholeInPartsOfBoundedSize) {
  admin_.model = Bytes((3 << 20) + 5, std::byte{7});
  BackupStart start;
  std::vector<BackupFile> files;
  std::vector<std::string> digests;
  Bytes bytes;
  std::size_t largest = 0;
  ASSERT_OK(Client("carol")->Backup([&](const BackupPart& part) {
    if (const auto* first = std::get_if<BackupStart>(&part)) start = *first;
    if (const auto* file = std::get_if<BackupFile>(&part)) files.push_back(*file);
    if (const auto* end = std::get_if<BackupFileEnd>(&part)) digests.push_back(end->sha256);
    if (const auto* some = std::get_if<ByteView>(&part)) {
      bytes.insert(bytes.end(), some->begin(), some->end());
      largest = std::max(largest, some->size());
    }
    return OkStatus();
  }));
  EXPECT_EQ(admin_.actor, "carol");
  EXPECT_EQ(start, (BackupStart{1, {7}, {{RunId("r"), RunState::kRunning, 4}}, 2, (3 << 20) + 5}));
  EXPECT_EQ(files, (std::vector<BackupFile>{{"runs.sqlite", 0},
                                            {"runs/r/blobs/models/v0", (3 << 20) + 5}}));
  EXPECT_TRUE(bytes == admin_.model);
  EXPECT_LE(largest, 1U << 20);
  ASSERT_EQ(digests.size(), 2U);
  EXPECT_EQ(digests[1], Digest(Sha256(), admin_.model));
}

TEST_F(AdminGrpcTest, AFileThatIsDamagedAtTheAggregatorEndsABackup) {
  admin_.model = Bytes(10, std::byte{7});
  admin_.digest = std::string(64, '0');
  const auto take = [](const BackupPart&) { return OkStatus(); };
  EXPECT_STATUS(Client("carol")->Backup(take), StatusCode::kDataLoss,
                "models/v0: is damaged at the aggregator");
  EXPECT_STATUS(Client("mercy")->Backup(take), StatusCode::kPermissionDenied, "operator");
  EXPECT_STATUS(Client("carol")->Backup([](const BackupPart&) { return Cancelled("enough"); }),
                StatusCode::kCancelled, "enough");
}

TEST_F(AdminGrpcTest, EventsComeInOrderAndEnd) {
  for (int i = 1; i <= 3; ++i) admin_.events.push_back({i, {i}, RunId("r"), "carol", "text"});
  std::vector<std::int64_t> seen;
  ASSERT_OK(Client("carol")->FollowEvents(true, [&](const AdminEvent& event) {
    seen.push_back(event.sequence);
    return true;
  }));
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 3));
  EXPECT_STATUS(Client("carol")->ExportModel(RunId("r"), std::nullopt),
                StatusCode::kFailedPrecondition, "not over");
  EXPECT_STATUS(Client("carol")->ExportModel(RunId("r"), 0), StatusCode::kNotFound,
                "the model of round 0 was removed");
}

}  // namespace
}  // namespace consilium
