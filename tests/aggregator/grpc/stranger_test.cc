/// Who does not speak the protocol disturbs nobody who does: a real server, real sockets.
#include "aggregator/grpc/server.h"
#include "common/base/random_stream.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "site_client/grpc/grpc_transport.h"
#include "tests/aggregator/grpc/fake_coordinator.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include "consilium/v1/federation.grpc.pb.h"
#include <grpcpp/grpcpp.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace consilium {
namespace {

constexpr std::size_t kStrangers = 40;

/// What every HTTP/2 client says first, and empty settings.
std::string HttpPreface() {
  std::string text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  return text.append(std::string("\0\0\0\4\0\0\0\0\0", 9));
}

std::string RandomText(std::uint64_t seed, std::size_t size) {
  RandomStream random(seed);
  std::string text(size, '\0');
  for (char& letter : text) letter = static_cast<char>(random.Next());
  return text;
}

/// A connection to a port of this machine; waits for nothing longer than two seconds.
class Stranger {
 public:
  explicit Stranger(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{2, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    connected_ =
        connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  Stranger(Stranger&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  Stranger& operator=(Stranger&&) = delete;
  ~Stranger() {
    if (socket_ >= 0) close(socket_);
  }

  bool connected() const { return connected_; }
  int socket_number() const { return socket_; }
  /// The other side may hang up while we talk.
  void Say(std::string_view text) const {
    static_cast<void>(send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }
  std::string Hear() const {
    std::string text(4096, '\0');
    const ssize_t size = recv(socket_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int socket_;
  bool connected_ = false;
};

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* stream) const { SSL_free(stream); }
};

/// A TLS 1.3 client over a stranger's connection, with the certificate of `own` or none ("").
class TlsStranger {
 public:
  TlsStranger(int port, const std::string& own)
      : connection_(port), context_(SSL_CTX_new(TLS_method())) {
    if (!own.empty()) {
      SSL_CTX_use_certificate_file(context_.get(), (own + ".crt").c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context_.get(), (own + ".key").c_str(), SSL_FILETYPE_PEM);
    }
    stream_.reset(SSL_new(context_.get()));
    const unsigned char protocols[] = {2, 'h', '2'};
    SSL_set_alpn_protos(stream_.get(), protocols, sizeof(protocols));
    SSL_set_fd(stream_.get(), connection_.socket_number());
    static_cast<void>(SSL_connect(stream_.get()));
  }
  /// Whether anything at all comes back.
  bool IsAnswered(std::string_view text) {
    SSL_write(stream_.get(), text.data(), static_cast<int>(text.size()));
    char answer[64];
    return SSL_read(stream_.get(), answer, sizeof(answer)) > 0;
  }
  void Say(std::string_view text) {
    SSL_write(stream_.get(), text.data(), static_cast<int>(text.size()));
  }

 private:
  Stranger connection_;
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::unique_ptr<SSL, FreeTls> stream_;
};

class StrangerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // the server hangs up while we talk
    ASSERT_OK(AllowOnlyTls13());
    ASSERT_OK(MakeThrowAwayCa({folder_.File("ca"), {"127.0.0.1"}, {"mercy", "rude"}, 1}));
    FederationServer::Options options;
    options.identity = Identity("aggregator");
    options.service.on_fault = [this](const std::string&) { ++faults_; };
    auto server = FederationServer::Start(coordinator_, std::move(options));
    ASSERT_OK(server);
    server_ = std::move(*server);
    GrpcTransportOptions transport;
    transport.aggregator = "127.0.0.1:" + std::to_string(server_->port());
    transport.identity = Identity("mercy");
    transport.hasher = Sha256();
    transport.on_retry = [this](const Status&, Millis) { ++retries_; };
    auto made = MakeGrpcTransport(std::move(transport));
    ASSERT_OK(made);
    transport_ = std::move(*made);
    coordinator_.model.resize(3 << 20, std::byte{7});
  }

  TlsIdentity Identity(const std::string& name) const {
    return *ReadTlsIdentity(folder_.File("ca/ca.crt"), folder_.File("ca/" + name + ".crt"),
                            folder_.File("ca/" + name + ".key"));
  }
  int port() const { return server_->port(); }
  std::string Certificate(const std::string& name) const { return folder_.File("ca/" + name); }

  /// A site that does all it has to, at the first try.
  void ExpectASiteIsServed() {
    SiteDeclaration declaration;
    ASSERT_OK(transport_->Join(declaration));
    const ModelRef model{Digest(Sha256(), coordinator_.model), coordinator_.model.size(), 3};
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes fetched, transport_->FetchModel(model));
    EXPECT_EQ(fetched.size(), coordinator_.model.size());
    coordinator_.spooled.clear();
    UpdateHeader header;
    header.run = RunId("r");
    header.codec = "fp32";
    header.byte_size = fetched.size();
    ASSERT_OK(transport_->SubmitUpdate(header, fetched));
    EXPECT_TRUE(coordinator_.spooled == coordinator_.model);
    EXPECT_EQ(retries_, 0);
    EXPECT_EQ(faults_, 0);
    for (const SiteDeclaration& joined : coordinator_.joined) {
      EXPECT_EQ(joined.site, SiteId("mercy"));
    }
  }

  TempFolder folder_;
  FakeCoordinator coordinator_;
  std::atomic<int> faults_ = 0;
  std::atomic<int> retries_ = 0;
  std::unique_ptr<FederationServer> server_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(StrangerTest, RandomBytesDisturbNobody) {
  ExpectASiteIsServed();
  std::vector<Stranger> strangers;
  for (std::size_t i = 0; i < kStrangers; ++i) {
    strangers.emplace_back(port());
    ASSERT_TRUE(strangers.back().connected());
    strangers.back().Say(RandomText(i, 1 + i * 997));
  }
  ExpectASiteIsServed();
}

TEST_F(StrangerTest, SilentConnectionsDisturbNobody) {
  std::vector<Stranger> strangers;
  for (std::size_t i = 0; i < kStrangers; ++i) strangers.emplace_back(port());
  ExpectASiteIsServed();
}

TEST_F(StrangerTest, PlaintextHttpIsNotAnswered) {
  const Stranger stranger(port());
  stranger.Say(HttpPreface());
  ExpectASiteIsServed();
  // At most an alert of TLS (content type 21), never a frame of HTTP/2.
  const std::string answer = stranger.Hear();
  EXPECT_TRUE(answer.empty() || answer.front() == 21) << answer.size();
}

TEST_F(StrangerTest, TlsWithoutACertificateIsNotAnswered) {
  TlsStranger stranger(port(), "");
  EXPECT_FALSE(stranger.IsAnswered(HttpPreface()));
  ExpectASiteIsServed();
}

TEST_F(StrangerTest, ASiteOfAnotherProtocolVersionIsToldWhatToInstall) {
  const TlsIdentity rude = Identity("rude");
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port()),
                          grpc::SslCredentials({rude.ca, rude.key, rude.certificate}));
  v1::GetRunRequest request;
  request.set_oldest_protocol(7);
  request.set_newest_protocol(9);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  v1::RunOffer offer;
  const grpc::Status status = v1::Federation::NewStub(channel)->GetRun(&context, request, &offer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), ::testing::HasSubstr("site rude speaks versions 7 to 9"));
  ExpectASiteIsServed();
}

TEST_F(StrangerTest, ASiteThatSpeaksGarbageInsideTlsDisturbsNobodyElse) {
  std::vector<std::unique_ptr<TlsStranger>> strangers;
  for (std::size_t i = 0; i < 8; ++i) {
    strangers.push_back(std::make_unique<TlsStranger>(port(), Certificate("rude")));
    if (i % 2 == 0) strangers.back()->Say(HttpPreface());
    strangers.back()->Say(RandomText(i, 20'000));
  }
  ExpectASiteIsServed();
}

}  // namespace
}  // namespace consilium
