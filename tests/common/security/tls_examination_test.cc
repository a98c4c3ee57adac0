#include "common/security/tls_examination.h"

#include "common/security/certificates.h"
#include "common/security/openssl_handles.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace consilium {
namespace {

constexpr Millis kLong{20'000};

/// Listens on a port of this machine and meets one caller.
class OneCaller {
 public:
  explicit OneCaller(const std::function<void(int socket)>& meet) {
    std::signal(SIGPIPE, SIG_IGN);
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listening_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_, 1), 0);
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, meet] {
      const int caller = accept(listening_, nullptr, nullptr);
      if (caller < 0) return;
      meet(caller);
      close(caller);
    });
  }
  ~OneCaller() {
    shutdown(listening_, SHUT_RDWR);
    thread_ = {};
    close(listening_);
  }
  OneCaller(const OneCaller&) = delete;
  OneCaller& operator=(const OneCaller&) = delete;

  std::string At(const std::string& host) const { return host + ":" + std::to_string(port_); }

 private:
  int listening_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

CertificateHandle ParsePem(const std::string& pem) {
  const MemoryHandle text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificateHandle(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
}

KeyHandle ParseKey(const std::string& pem) {
  const MemoryHandle text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyHandle(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
}

/// A TLS server that wants a certificate of its own CA and greets whoever has one; or, as gRPC's do with
/// those that they refuse, takes what it is shown and hangs up without a word.
void Serve(int caller, const TlsIdentity& identity, bool says = true) {
  const std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX, SSL_CTX_free>> context(
      SSL_CTX_new(TLS_server_method()));
  const CertificateHandle own = ParsePem(identity.certificate);
  const CertificateHandle ca = ParsePem(identity.ca);
  const KeyHandle key = ParseKey(identity.key);
  SSL_CTX_use_certificate(context.get(), own.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const std::unique_ptr<SSL, OpensslDeleter<SSL, SSL_free>> connection(SSL_new(context.get()));
  SSL_set_fd(connection.get(), caller);
  if (!says) {
    SSL_set_num_tickets(connection.get(), 0);
    SSL_set_verify(connection.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    SSL_accept(connection.get());
    return;
  }
  if (SSL_accept(connection.get()) == 1) SSL_write(connection.get(), "x", 1);
  char rest = 0;
  while (recv(caller, &rest, 1, 0) > 0) continue;  // until the other side is done
}

class TlsExaminationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* ca : {"ours", "theirs"}) {
      ASSERT_OK(MakeThrowAwayCa({folder_.File(ca), {"127.0.0.1"}, {"mercy"}, 1, {}}));
    }
    server_ = Identity("ours", "aggregator");
    client_ = Identity("ours", "mercy");
  }

  TlsIdentity Identity(const std::string& ca, const std::string& name) const {
    const std::string folder = folder_.File(ca);
    return *ReadTlsIdentity(folder + "/ca.crt", folder + "/" + name + ".crt",
                            folder + "/" + name + ".key");
  }

  /// The certificate, valid between these seconds from now, signed anew by our CA.
  std::string ValidBetween(const std::string& certificate, long from, long to) const {
    const CertificateHandle changed = ParsePem(certificate);
    X509_gmtime_adj(X509_getm_notBefore(changed.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(changed.get()), to);
    const TlsIdentity ca = *ReadTlsIdentity(
        folder_.File("ours/ca.crt"), folder_.File("ours/ca.crt"), folder_.File("ours/ca.key"));
    const KeyHandle key = ParseKey(ca.key);
    EXPECT_GT(X509_sign(changed.get(), key.get(), EVP_sha256()), 0);
    const MemoryHandle out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), changed.get());
    return TextOf(out);
  }

  Status Examine(const std::string& host = "127.0.0.1") const {
    const TlsIdentity& server = server_;
    const OneCaller listening([&server](int caller) { Serve(caller, server); });
    return ExamineTls(listening.At(host), client_, kLong);
  }

  TempFolder folder_;
  TlsIdentity server_;
  TlsIdentity client_;
};

TEST_F(TlsExaminationTest, FindsNothingWhereBothTrustEachOther) { EXPECT_OK(Examine()); }

TEST_F(TlsExaminationTest, NamesTheCaInUseThatDidNotIssueTheServersCertificate) {
  client_.ca = Identity("theirs", "mercy").ca;
  client_.ca_file = "their-ca.crt";
  const Status found = Examine();
  EXPECT_STATUS(found, StatusCode::kPermissionDenied,
                "shows a certificate that is not trusted (of 'CN=aggregator");
  EXPECT_THAT(found.message(), testing::HasSubstr("the CA in use (their-ca.crt) is 'CN="));
  EXPECT_THAT(found.message(), testing::HasSubstr("which did not issue it ("));
}

TEST_F(TlsExaminationTest, NamesTheHostsThatTheServersCertificateIsFor) {
  EXPECT_STATUS(Examine("localhost"), StatusCode::kPermissionDenied,
                "it is for IP Address:127.0.0.1, not for 'localhost': give the address by");
}

TEST_F(TlsExaminationTest, TellsAnExpiredCertificateFromOneNotValidYet) {
  server_.certificate = ValidBetween(server_.certificate, -7'200, -3'600);
  EXPECT_STATUS(Examine(), StatusCode::kPermissionDenied,
                "it is expired: check this machine's clock");
  server_.certificate = ValidBetween(server_.certificate, 3'600, 7'200);
  EXPECT_STATUS(Examine(), StatusCode::kPermissionDenied,
                "it is not valid yet: check this machine's clock");
}

TEST_F(TlsExaminationTest, TellsThatTheServerRefusesUs) {
  const TlsIdentity theirs = Identity("theirs", "mercy");
  client_.certificate = theirs.certificate;
  client_.key = theirs.key;
  client_.certificate_file = "mercy.crt";
  EXPECT_STATUS(Examine(), StatusCode::kPermissionDenied,
                "refuses this program's certificate (mercy.crt), of 'CN=mercy");
  client_ = Identity("ours", "mercy");
  client_.certificate = ValidBetween(client_.certificate, -7'200, -3'600);
  EXPECT_STATUS(Examine(), StatusCode::kPermissionDenied, "certificate expired");
}

TEST_F(TlsExaminationTest, AServerThatHangsUpOnAGoodCertificateMayHaveHadAnotherReason) {
  const auto hang_up = [this] {
    const OneCaller listening([this](int caller) { Serve(caller, server_, /*says=*/false); });
    return ExamineTls(listening.At("127.0.0.1"), client_, kLong);
  };
  EXPECT_OK(hang_up());
  const TlsIdentity theirs = Identity("theirs", "mercy");
  client_.certificate = theirs.certificate;
  client_.key = theirs.key;
  EXPECT_STATUS(hang_up(), StatusCode::kPermissionDenied, "refuses this program's certificate");
}

TEST_F(TlsExaminationTest, FindsNothingWhereNobodyAnswersInTls) {
  EXPECT_OK(ExamineTls("127.0.0.1:1", client_, kLong));
  EXPECT_OK(ExamineTls("no port", client_, kLong));
  const OneCaller hangs_up([](int) {});
  EXPECT_OK(ExamineTls(hangs_up.At("127.0.0.1"), client_, kLong));
  const OneCaller silent([](int caller) {
    char said = 0;
    while (recv(caller, &said, 1, 0) > 0) continue;
  });
  EXPECT_OK(ExamineTls(silent.At("127.0.0.1"), client_, Millis(50)));
  const OneCaller plain([](int caller) {
    static_cast<void>(send(caller, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL));
  });
  EXPECT_OK(ExamineTls(plain.At("127.0.0.1"), client_, kLong));
}

}  // namespace
}  // namespace consilium
