#include "aggregator/admin/admin_client.h"

#include "common/security/certificates.h"
#include "common/wire/admin_proto.h"
#include "common/wire/status_mapping.h"

#include "consilium/v1/admin.grpc.pb.h"
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <grpc/support/log.h>
#include <utility>

namespace consilium {
namespace {

constexpr std::size_t kChunk = 1 << 20;
constexpr int kWindow = 4 << 20;  // of a backup that comes faster than the disk takes it
constexpr std::chrono::seconds kAnswerTime{60};
constexpr std::chrono::seconds kTransferTime{3600};
constexpr int kMaxMessage = 64 << 20;  // a ledger of many rounds and sites
/// No model is larger: as at the aggregator.
constexpr std::uint64_t kMaxModelFile = std::uint64_t{1} << 36;

std::shared_ptr<grpc::Channel> Dial(const AdminClient::Options& options) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.identity.ca;
  tls.pem_private_key = options.identity.key;
  tls.pem_cert_chain = options.identity.certificate;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  // gRPC's own estimate of a line holds a hundred times this in memory.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindow);
  // Calls that last as long as they last: an aggregator that is gone is noticed all the same.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  const std::string& address = options.aggregator;
  if (address.starts_with("127.") || address.starts_with("localhost:")) {
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

class GrpcAdminClient final : public AdminClient {
 public:
  explicit GrpcAdminClient(const Options& options) : stub_(v1::Admin::NewStub(Dial(options))) {}

  Result<RunChange> StartRun(const std::string& yaml, const std::string& file_name,
                             ByteView model) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kTransferTime);
    v1::RunChange reply;
    const auto writer = stub_->StartRun(&context, &reply);
    v1::StartRunRequest part;
    part.mutable_plan()->set_yaml(yaml);
    part.mutable_plan()->set_file_name(file_name);
    bool open = writer->Write(part);
    while (open && !model.empty()) {
      const ByteView chunk = model.first(std::min(kChunk, model.size()));
      part.set_model(chunk.data(), chunk.size());
      open = writer->Write(part);
      model = model.subspan(chunk.size());
    }
    writer->WritesDone();
    CONSILIUM_RETURN_IF_ERROR(FromGrpc(writer->Finish()));
    return FromProto(reply);
  }

  Result<std::vector<RunSummary>> Runs() override {
    v1::ListRunsReply reply;
    CONSILIUM_RETURN_IF_ERROR(Call(&v1::Admin::Stub::ListRuns, v1::ListRunsRequest(), reply));
    std::vector<RunSummary> runs;
    runs.reserve(static_cast<std::size_t>(reply.runs_size()));
    for (const v1::RunSummary& run : reply.runs()) {
      CONSILIUM_ASSIGN_OR_RETURN(RunSummary plain, FromProto(run));
      runs.push_back(std::move(plain));
    }
    return runs;
  }

  Result<RunDetail> Show(const RunId& run) override {
    v1::ShowRunRequest request;
    request.set_run(run.str());
    v1::RunDetail reply;
    CONSILIUM_RETURN_IF_ERROR(Call(&v1::Admin::Stub::ShowRun, request, reply));
    return FromProto(reply);
  }

  Result<RunChange> Order(const RunId& run, RunOrder order, const std::string& cause) override {
    v1::OrderRunRequest request;
    request.set_run(run.str());
    request.set_order(std::string(ToString(order)));
    request.set_cause(cause);
    v1::RunChange reply;
    CONSILIUM_RETURN_IF_ERROR(Call(&v1::Admin::Stub::OrderRun, request, reply));
    return FromProto(reply);
  }

  Result<std::vector<SiteStatus>> Sites() override {
    v1::ListSitesReply reply;
    CONSILIUM_RETURN_IF_ERROR(Call(&v1::Admin::Stub::ListSites, v1::ListSitesRequest(), reply));
    std::vector<SiteStatus> sites;
    sites.reserve(static_cast<std::size_t>(reply.sites_size()));
    for (const v1::SiteStatus& site : reply.sites()) {
      CONSILIUM_ASSIGN_OR_RETURN(SiteStatus plain, FromProto(site));
      sites.push_back(std::move(plain));
    }
    return sites;
  }

  Result<Bytes> ExportModel(const RunId& run, std::optional<RoundNumber> round) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kTransferTime);
    v1::ExportModelRequest request;
    request.set_run(run.str());
    if (round) request.set_round(*round);
    const auto reader = stub_->ExportModel(&context, request);
    Bytes file;
    v1::ModelBytes chunk;
    bool too_long = false;
    while (!too_long && reader->Read(&chunk)) {
      const ByteView data = AsBytes(chunk.data());
      too_long = data.size() > kMaxModelFile - file.size();
      if (!too_long) file.insert(file.end(), data.begin(), data.end());
    }
    if (too_long) context.TryCancel();
    const Status status = FromGrpc(reader->Finish());
    if (too_long) return DataLoss("run " + run.str() + ": its model is too large");
    CONSILIUM_RETURN_IF_ERROR(status);
    return file;
  }

  Status Backup(const std::function<Status(const BackupPart&)>& on_part) override {
    grpc::ClientContext context;
    const auto reader = stub_->Backup(&context, v1::BackupRequest());
    v1::BackupPart message;
    Status taken;
    while (taken.ok() && reader->Read(&message)) {
      const Result<BackupPart> part = FromProto(message);
      taken = part.ok() ? on_part(*part) : part.status();
    }
    if (!taken.ok()) context.TryCancel();
    const Status ended = FromGrpc(reader->Finish());
    return taken.ok() ? ended : taken;
  }

  Status FollowEvents(bool only_past,
                      const std::function<bool(const AdminEvent&)>& on_event) override {
    grpc::ClientContext context;
    v1::FollowEventsRequest request;
    request.set_only_past(only_past);
    const auto reader = stub_->FollowEvents(&context, request);
    v1::AdminEvent event;
    while (reader->Read(&event)) {
      if (on_event(FromProto(event))) continue;
      context.TryCancel();
      static_cast<void>(reader->Finish());
      return OkStatus();
    }
    return FromGrpc(reader->Finish());
  }

 private:
  template <typename Request, typename Reply>
  using Method = grpc::Status (v1::Admin::Stub::*)(grpc::ClientContext*, const Request&, Reply*);

  template <typename Request, typename Reply>
  Status Call(Method<Request, Reply> method, const Request& request, Reply& reply) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAnswerTime);
    return FromGrpc((stub_.get()->*method)(&context, request, &reply));
  }

  const std::unique_ptr<v1::Admin::Stub> stub_;
};

}  // namespace

Result<std::unique_ptr<AdminClient>> AdminClient::Make(const Options& options) {
  CONSILIUM_RETURN_IF_ERROR(AllowOnlyTls13());
  if (options.aggregator.find(':') == std::string::npos) {
    return InvalidArgument("aggregator: '" + options.aggregator + "', expected HOST:PORT");
  }
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
  return Result<std::unique_ptr<AdminClient>>(std::make_unique<GrpcAdminClient>(options));
}

}  // namespace consilium
