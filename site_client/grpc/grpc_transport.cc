#include "site_client/grpc/grpc_transport.h"

#include "common/federation/protocol_version.h"
#include "common/security/certificates.h"
#include "common/security/tls_examination.h"
#include "common/wire/from_proto.h"
#include "common/wire/run_metadata.h"
#include "common/wire/status_mapping.h"
#include "common/wire/to_proto.h"
#include "site_client/grpc/model_draft.h"
#include "site_client/grpc/retry.h"

#include "consilium/v1/federation.grpc.pb.h"
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <grpc/support/log.h>
#include <mutex>
#include <random>
#include <utility>

namespace consilium {
namespace {

constexpr int kMaxMessage = 4 << 20;
constexpr std::size_t kChunk = 1 << 20;
/// What the aggregator may send before it is read; see aggregator/grpc/server.cc.
constexpr int kWindow = 1 << 20;
constexpr int kFrame = 1 << 18;
constexpr Millis kConnectTime{2'000};
/// Bytes that were damaged on their way are sent again; damaged so often is no accident.
constexpr int kTransfersOfDamaged = 3;
/// A model's size is the aggregator's word: more memory than this is taken only as bytes arrive.
constexpr std::uint64_t kLargestReserve = std::uint64_t{1} << 30;

/// A proxy of the environment cannot reach this machine's own addresses.
bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:");
}

/// Whether gRPC may dial through one.
bool UsesProxy(const std::string& address) {
  if (IsLoopback(address)) return false;
  for (const char* variable : {"grpc_proxy", "https_proxy", "http_proxy"}) {
    const char* const proxy = std::getenv(variable);
    if (proxy != nullptr && *proxy != '\0') return true;
  }
  return false;
}

std::shared_ptr<grpc::Channel> Dial(const GrpcTransportOptions& options) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.identity.ca;
  tls.pem_private_key = options.identity.key;
  tls.pem_cert_chain = options.identity.certificate;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessage);
  if (IsLoopback(options.aggregator)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Sites of one process (simulations, benchmarks) have a connection each.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindow);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrame);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  return grpc::CreateCustomChannel(options.aggregator, grpc::SslCredentials(tls), arguments);
}

std::chrono::system_clock::time_point In(Millis from_now) {
  return std::chrono::system_clock::now() + from_now;
}

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(GrpcTransportOptions options)
      : options_(std::move(options)),
        channel_(Dial(options_)),
        stub_(v1::Federation::NewStub(channel_)),
        retry_(options_, std::random_device{}(), [this] { return Examine(); }) {}

  Result<RunOffer> GetRun() override {
    v1::GetRunRequest request;
    request.set_oldest_protocol(kProtocols.oldest);
    request.set_newest_protocol(kProtocols.newest);
    request.set_names_runs(true);
    const RunsOfSite known = options_.runs_of_site ? options_.runs_of_site() : RunsOfSite();
    for (const RunId& run : known.taking_part) request.add_taking_part(run.str());
    for (const RunId& run : known.done_with) request.add_done_with(run.str());
    SetRun(options_.run);
    v1::RunOffer reply;
    CONSILIUM_RETURN_IF_ERROR(Call(&v1::Federation::Stub::GetRun, request, reply));
    if (reply.protocol() < kProtocols.oldest || reply.protocol() > kProtocols.newest) {
      return FailedPrecondition("protocol: the aggregator answers in version " +
                                std::to_string(reply.protocol()) +
                                ", which was not offered; install its release of consilium-site");
    }
    Result<RunOffer> offer = FromProto(reply);
    if (offer.ok()) SetRun(offer->plan.run);
    return offer;
  }

  Status Join(const SiteDeclaration& declaration) override {
    v1::JoinReply reply;
    return Call(&v1::Federation::Stub::Join, ToProto(declaration), reply);
  }

  Result<Instruction> NextInstruction(Millis patience) override {
    v1::NextInstructionRequest request;
    request.set_patience_millis(patience.count());
    v1::Instruction reply;
    CONSILIUM_RETURN_IF_ERROR(
        Call(&v1::Federation::Stub::NextInstruction, request, reply, patience));
    return FromProto(reply);
  }

  Result<Bytes> FetchModel(const ModelRef& model) override {
    Bytes bytes;
    ModelDraft draft(options_.downloads.get(), model, options_.notify);
    const Status whole = UntilUndamaged([&] {
      bytes = draft.Resume();
      Status fetched = retry_.Run([&] { return FetchRest(model, bytes, draft); });
      const bool checked = fetched.ok() && !model.digest.empty() && options_.hasher;
      if (checked && Digest(options_.hasher, bytes) != model.digest) {
        fetched =
            DataLoss("model " + std::to_string(model.version) + ": does not match its digest");
      }
      if (fetched.ok() || fetched.code() == StatusCode::kDataLoss) draft.Discard();
      return fetched;
    });
    CONSILIUM_RETURN_IF_ERROR(whole);
    return bytes;
  }

  Status SubmitUpdate(const UpdateHeader& header, ByteView encoded) override {
    if (header.byte_size != encoded.size()) {
      return InvalidArgument("update.byte_size: not the size of its bytes");
    }
    // An aggregator that finds damage forgets what it has of the update.
    return UntilUndamaged([&] { return retry_.Run([&] { return SubmitRest(header, encoded); }); });
  }

  Status SubmitEvaluation(const EvaluationReport& report) override {
    v1::SubmitEvaluationReply reply;
    return Call(&v1::Federation::Stub::SubmitEvaluation, ToProto(report), reply);
  }

  Status Leave() override {
    v1::LeaveReply reply;
    return CallOnce(&v1::Federation::Stub::Leave, v1::LeaveRequest(), reply, Millis(0));
  }

  Status SendProgress(const Progress& progress) override {
    v1::ReportReply reply;
    return CallOnce(&v1::Federation::Stub::Report, ToProto(progress), reply, Millis(0));
  }

 private:
  template <typename Request, typename Reply>
  using Method = grpc::Status (v1::Federation::Stub::*)(grpc::ClientContext*, const Request&,
                                                        Reply*);

  void SetRun(const RunId& run) {
    const std::lock_guard lock(mutex_);
    run_ = run;
  }

  /// The run that the call is about.
  void NameRun(grpc::ClientContext& context) {
    const std::lock_guard lock(mutex_);
    if (!run_.empty()) context.AddMetadata(kRunMetadata, run_.str());
  }

  template <typename Transfer>
  static Status UntilUndamaged(const Transfer& transfer) {
    Status status = transfer();
    for (int i = 1; i < kTransfersOfDamaged && status.code() == StatusCode::kDataLoss; ++i) {
      status = transfer();
    }
    return status;
  }

  /// Why there is no connection, if that is for want of trust: gRPC does not tell. Through a proxy the
  /// aggregator may not be dialled directly.
  Status Examine() const {
    const bool connected = channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
    if (connected || UsesProxy(options_.aggregator)) return OkStatus();
    return ExamineTls(options_.aggregator, options_.identity, kConnectTime);
  }

  /// A connection makes progress only while somebody waits for it, and a call on a broken one
  /// fails at once instead of waiting. Without a connection the call that follows says why.
  void AwaitConnection() const { static_cast<void>(channel_->WaitForConnected(In(kConnectTime))); }

  template <typename Request, typename Reply>
  Status CallOnce(Method<Request, Reply> method, const Request& request, Reply& reply,
                  Millis patience) {
    grpc::ClientContext context;
    NameRun(context);
    AwaitConnection();
    context.set_deadline(In(patience + options_.call_deadline));
    return FromGrpc((stub_.get()->*method)(&context, request, &reply));
  }

  template <typename Request, typename Reply>
  Status Call(Method<Request, Reply> method, const Request& request, Reply& reply,
              Millis patience = Millis(0)) {
    return retry_.Run([&] { return CallOnce(method, request, reply, patience); });
  }

  /// Appends what `bytes` lacks of the model.
  Status FetchRest(const ModelRef& model, Bytes& bytes, ModelDraft& draft) {
    grpc::ClientContext context;
    NameRun(context);
    AwaitConnection();
    context.set_deadline(In(options_.stream_deadline));
    bytes.reserve(static_cast<std::size_t>(std::min(model.byte_size, kLargestReserve)));
    v1::FetchModelRequest request;
    *request.mutable_model() = ToProto(model);
    request.set_offset(bytes.size());
    const auto reader = stub_->FetchModel(&context, request);
    v1::ModelChunk chunk;
    bool too_long = false;
    while (!too_long && reader->Read(&chunk)) {
      const ByteView data = AsBytes(chunk.data());
      too_long = data.size() > model.byte_size - bytes.size();
      if (!too_long) {
        bytes.insert(bytes.end(), data.begin(), data.end());
        draft.Append(data);
      }
      if (options_.interrupt != nullptr && options_.interrupt->Requested()) context.TryCancel();
    }
    if (too_long) context.TryCancel();
    Status status = FromGrpc(reader->Finish());
    if (too_long) {
      return DataLoss("model " + std::to_string(model.version) + ": longer than announced");
    }
    CONSILIUM_RETURN_IF_ERROR(status);
    if (bytes.size() == model.byte_size) return OkStatus();
    return Unavailable("model " + std::to_string(model.version) + ": ended early");
  }

  /// Sends what the aggregator lacks of the update.
  Status SubmitRest(const UpdateHeader& header, ByteView encoded) {
    v1::UpdateStart start;
    *start.mutable_header() = ToProto(header);
    v1::BeginUpdateReply reply;
    CONSILIUM_RETURN_IF_ERROR(
        CallOnce(&v1::Federation::Stub::BeginUpdate, start.header(), reply, Millis(0)));
    if (reply.offset() > encoded.size()) return DataLoss("update: the aggregator has too much");
    start.set_offset(reply.offset());
    Status status = StreamFrom(start, encoded.subspan(reply.offset()));
    // Whether the update comes too late is BeginUpdate's word. In a stream the same code can mean
    // that an attempt which broke off here was still being written there: ask again.
    if (status.code() == StatusCode::kFailedPrecondition) return Unavailable(status.message());
    return status;
  }

  Status StreamFrom(const v1::UpdateStart& start, ByteView rest) {
    grpc::ClientContext context;
    NameRun(context);
    AwaitConnection();
    context.set_deadline(In(options_.stream_deadline));
    v1::SubmitUpdateReply reply;
    const auto writer = stub_->SubmitUpdate(&context, &reply);
    v1::SubmitUpdateRequest part;
    *part.mutable_start() = start;
    bool open = writer->Write(part);
    while (open && !rest.empty()) {
      const ByteView chunk = rest.first(std::min(kChunk, rest.size()));
      part.set_data(chunk.data(), chunk.size());
      open = writer->Write(part);
      rest = rest.subspan(chunk.size());
      if (options_.interrupt != nullptr && options_.interrupt->Requested()) context.TryCancel();
    }
    writer->WritesDone();
    return FromGrpc(writer->Finish());
  }

  const GrpcTransportOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Federation::Stub> stub_;
  Retry retry_;
  std::mutex mutex_;
  RunId run_;  // guarded by mutex_: heartbeats name it beside other calls
};

}  // namespace

Result<std::unique_ptr<Transport>> MakeGrpcTransport(GrpcTransportOptions options) {
  CONSILIUM_RETURN_IF_ERROR(AllowOnlyTls13());
  if (options.aggregator.find(':') == std::string::npos) {
    return InvalidArgument("aggregator: '" + options.aggregator + "', expected HOST:PORT");
  }
  // gRPC writes broken connections to standard error on its own; ask for it with GRPC_VERBOSITY.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
  return Result<std::unique_ptr<Transport>>(std::make_unique<GrpcTransport>(std::move(options)));
}

}  // namespace consilium
