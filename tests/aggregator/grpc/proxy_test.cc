/// A site behind a hospital's HTTP proxy: CONNECT with user and password, then TLS end to end.
#include "aggregator/grpc/server.h"
#include "common/security/certificates.h"
#include "common/security/sha256.h"
#include "site_client/grpc/grpc_transport.h"
#include "tests/aggregator/grpc/fake_coordinator.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace consilium {
namespace {

/// Nobody but the proxy can resolve it.
constexpr const char* kHost = "aggregator.example";
/// base64 of "mercy:secret".
constexpr const char* kCredentials = "Proxy-Authorization: Basic bWVyY3k6c2VjcmV0\r\n";
constexpr int kLook = 20;  // milliseconds

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Connects whoever asks for kHost with kCredentials to `target`; 407 without them.
class HttpProxy {
 public:
  explicit HttpProxy(int target)
      : target_(target), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
        listen(listener_, SOMAXCONN) == 0 &&
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
      port_ = ntohs(address.sin_port);
    }
    acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }
  ~HttpProxy() {
    acceptor_.request_stop();
    acceptor_.join();
    for (std::jthread& connection : connections_) connection.request_stop();
    connections_.clear();
    close(listener_);
  }

  int port() const { return port_; }
  int connected() const { return connected_; }
  int refused() const { return refused_; }

 private:
  void Accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (poll(&waiting, 1, kLook) <= 0) continue;
      const int near = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (near < 0) continue;
      connections_.emplace_back([this, near](const std::stop_token& end) { Serve(near, end); });
    }
  }

  void Serve(int near, const std::stop_token& stop) {
    const std::string request = ReadHeader(near, stop);
    const int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(target_);
    if (!request.starts_with("CONNECT " + std::string(kHost) + ":") ||
        request.find(kCredentials) == std::string::npos) {
      ++refused_;
      Say(near, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    } else if (connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      ++connected_;
      Say(near, "HTTP/1.1 200 Connection established\r\n\r\n");
      Relay(near, far, stop);
    }
    close(near);
    close(far);
  }

  static void Say(int socket, const std::string& text) {
    send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }

  static bool HasBytes(pollfd* sockets, nfds_t count, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (poll(sockets, count, kLook) > 0) return true;
    }
    return false;
  }

  static std::string ReadHeader(int socket, const std::stop_token& stop) {
    std::string header;
    pollfd waiting{socket, POLLIN, 0};
    char letter = 0;
    while (!header.ends_with("\r\n\r\n") && HasBytes(&waiting, 1, stop) &&
           recv(socket, &letter, 1, 0) == 1) {
      header.push_back(letter);
    }
    return header;
  }

  static void Relay(int near, int far, const std::stop_token& stop) {
    std::string buffer(65'536, '\0');
    pollfd both[] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    while (HasBytes(both, 2, stop)) {
      for (int i = 0; i < 2; ++i) {
        if (both[i].revents == 0) continue;
        const ssize_t size = recv(both[i].fd, buffer.data(), buffer.size(), 0);
        if (size <= 0) return;
        for (ssize_t at = 0; at < size;) {
          const ssize_t sent = send(both[1 - i].fd, buffer.data() + at,
                                    static_cast<std::size_t>(size - at), MSG_NOSIGNAL);
          if (sent <= 0) return;
          at += sent;
        }
      }
    }
  }

  const int target_;
  const int listener_;
  int port_ = 0;
  std::atomic<int> connected_ = 0;
  std::atomic<int> refused_ = 0;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

class ProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(AllowOnlyTls13());
    ASSERT_OK(MakeThrowAwayCa({folder_.File("ca"), {kHost}, {"mercy"}, 1}));
    FederationServer::Options options;
    options.identity = Identity("aggregator");
    auto server = FederationServer::Start(coordinator_, std::move(options));
    ASSERT_OK(server);
    server_ = std::move(*server);
    proxy_ = std::make_unique<HttpProxy>(server_->port());
    coordinator_.model.resize(3 << 20, std::byte{7});
  }
  void TearDown() override { unsetenv("grpc_proxy"); }

  TlsIdentity Identity(const std::string& name) const {
    return *ReadTlsIdentity(folder_.File("ca/ca.crt"), folder_.File("ca/" + name + ".crt"),
                            folder_.File("ca/" + name + ".key"));
  }

  std::unique_ptr<Transport> Through(const std::string& user) {
    const std::string proxy = "http://" + user + "127.0.0.1:" + std::to_string(proxy_->port());
    setenv("grpc_proxy", proxy.c_str(), 1);
    GrpcTransportOptions options;
    options.aggregator = std::string(kHost) + ":7443";
    options.identity = Identity("mercy");
    options.hasher = Sha256();
    options.retry_for = Millis(1);
    return *MakeGrpcTransport(std::move(options));
  }

  TempFolder folder_;
  FakeCoordinator coordinator_;
  std::unique_ptr<FederationServer> server_;
  std::unique_ptr<HttpProxy> proxy_;
};

TEST_F(ProxyTest, ASiteReachesItsAggregatorThroughAProxyWithUserAndPassword) {
  const auto transport = Through("mercy:secret@");
  ASSERT_OK(transport->Join(SiteDeclaration()));
  const ModelRef model{Digest(Sha256(), coordinator_.model), coordinator_.model.size(), 3};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes fetched, transport->FetchModel(model));
  EXPECT_TRUE(fetched == coordinator_.model);
  EXPECT_EQ(proxy_->connected(), 1);
}

TEST_F(ProxyTest, AProxyThatRefusesIsNamedInTheFault) {
  const auto transport = Through("");
  EXPECT_STATUS(transport->Join(SiteDeclaration()), StatusCode::kUnavailable, "407");
  EXPECT_GT(proxy_->refused(), 0);
  EXPECT_EQ(proxy_->connected(), 0);
}

}  // namespace
}  // namespace consilium
