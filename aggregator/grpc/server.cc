#include "aggregator/grpc/server.h"

#include "aggregator/grpc/admin_service.h"
#include "common/security/certificates.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <cstdlib>
#include <grpc/support/log.h>
#include <malloc.h>
#include <utility>

namespace consilium {
namespace {

constexpr int kMaxMessage = 4 << 20;
/// What a site may send before it is read. gRPC's own estimate grows to many times that on a fast
/// line, and memory with the number of sites; this still fills 150 Mbit/s over 50 ms.
constexpr int kWindow = 1 << 20;
constexpr int kFrame = 1 << 18;
/// Heaps of the allocator: with one per thread, what threads once held stays with the process.
constexpr int kHeaps = 2;

std::shared_ptr<grpc::ServerCredentials> MutualTls(const TlsIdentity& identity) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = identity.ca;
  options.pem_key_cert_pairs.push_back({identity.key, identity.certificate});
  return grpc::SslServerCredentials(options);
}

class GrpcServer final : public FederationServer {
 public:
  static Result<std::unique_ptr<FederationServer>> Start(std::shared_ptr<RunDirectory> runs,
                                                         Options options) {
    CONSILIUM_RETURN_IF_ERROR(AllowOnlyTls13());
    // gRPC writes refused handshakes to standard error on its own; ask for it with GRPC_VERBOSITY.
    if (std::getenv("GRPC_VERBOSITY") == nullptr) {
      gpr_set_log_function([](gpr_log_func_args*) {});
    }
    mallopt(M_ARENA_MAX, kHeaps);
    auto made = std::make_unique<GrpcServer>();
    if (options.admin != nullptr) {
      made->admin_service_ = MakeAdminService(*options.admin, options.service.on_fault);
    }
    made->service_ = MakeFederationService(std::move(runs), std::move(options.service));
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options.listen, MutualTls(options.identity), &made->port_);
    builder.RegisterService(made->service_.get());
    if (made->admin_service_ != nullptr) builder.RegisterService(made->admin_service_.get());
    builder.SetMaxReceiveMessageSize(kMaxMessage);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindow);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrame);
    // Two aggregators on one port would share its connections.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
    made->server_ = builder.BuildAndStart();
    if (made->server_ == nullptr || made->port_ == 0) {
      return InvalidArgument("listen: '" + options.listen +
                             "' cannot be opened, expected HOST:PORT with a free port");
    }
    return Result<std::unique_ptr<FederationServer>>(std::move(made));
  }

  ~GrpcServer() override { Shutdown(Millis(0)); }
  int port() const override { return port_; }
  void Shutdown(Millis grace) override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
  }

 private:
  // In this order: the server ends before the service that it calls.
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Service> admin_service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<FederationServer>> FederationServer::Start(RoundCoordinator& coordinator,
                                                                  Options options) {
  return Start(std::make_shared<SingleRun>(coordinator), std::move(options));
}

Result<std::unique_ptr<FederationServer>> FederationServer::Start(
    std::shared_ptr<RunDirectory> runs, Options options) {
  return GrpcServer::Start(std::move(runs), std::move(options));
}

}  // namespace consilium
