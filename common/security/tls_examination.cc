#include "common/security/tls_examination.h"

#include "common/security/openssl_handles.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace consilium {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr int kMostParts = 256;     // that are received before it is no handshake any more
constexpr int kFirstAlert = 1'000;  // SSL_AD_REASON_OFFSET: OpenSSL's reason of alert 0

using ContextHandle = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX, SSL_CTX_free>>;
using ConnectionHandle = std::unique_ptr<SSL, OpensslDeleter<SSL, SSL_free>>;
using StoreContextHandle =
    std::unique_ptr<X509_STORE_CTX, OpensslDeleter<X509_STORE_CTX, X509_STORE_CTX_free>>;
using AddressHandle = std::unique_ptr<addrinfo, OpensslDeleter<addrinfo, freeaddrinfo>>;

struct Address {
  std::string host;
  std::string port;
};

Address Split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {address, ""};
  Address split{address.substr(0, colon), address.substr(colon + 1)};
  if (split.host.starts_with('[') && split.host.ends_with(']')) {
    split.host = split.host.substr(1, split.host.size() - 2);
  }
  return split;
}

bool IsNumeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

/// A TCP connection. OpenSSL's own would raise SIGPIPE where the other side hangs up.
class Socket {
 public:
  Socket(const Address& address, Millis patience) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0) return;
    const AddressHandle addresses(found);
    timeval limit{};
    limit.tv_sec = patience.count() / 1'000;
    limit.tv_usec = patience.count() % 1'000 * 1'000;
    for (const addrinfo* one = found; one != nullptr && !connected_; one = one->ai_next) {
      Close();
      socket_ = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
      setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
      connected_ = ::connect(socket_, one->ai_addr, one->ai_addrlen) == 0;
    }
  }
  ~Socket() { Close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }

  /// What `out` holds.
  bool Send(BIO* out) const {
    std::array<char, 4096> part{};
    for (int size = 0; (size = BIO_read(out, part.data(), part.size())) > 0;) {
      const auto all = static_cast<std::size_t>(size);
      for (std::size_t sent = 0; sent < all;) {
        const ssize_t more = ::send(socket_, part.data() + sent, all - sent, MSG_NOSIGNAL);
        if (more <= 0) return false;
        sent += static_cast<std::size_t>(more);
      }
    }
    return true;
  }
  /// Some bytes; false if none come any more.
  bool Receive(BIO* in) const {
    std::array<char, 4096> part{};
    const ssize_t size = ::recv(socket_, part.data(), part.size(), 0);
    return size > 0 && BIO_write(in, part.data(), static_cast<int>(size)) == size;
  }

 private:
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  int socket_ = -1;
  bool connected_ = false;
};

/// What the handshake found wrong with the server's certificate.
struct Refusal {
  CertificateHandle certificate;
  int error = X509_V_OK;
  int depth = 0;
};

int Remember(int trusted, X509_STORE_CTX* context) {
  if (trusted == 1) return 1;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  auto* const connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, index));
  auto* const refusal = static_cast<Refusal*>(SSL_get_app_data(connection));
  X509* const certificate = X509_STORE_CTX_get0_cert(context);
  if (refusal->certificate == nullptr && certificate != nullptr && X509_up_ref(certificate) == 1) {
    refusal->certificate.reset(certificate);
  }
  refusal->error = X509_STORE_CTX_get_error(context);
  refusal->depth = X509_STORE_CTX_get_error_depth(context);
  return 0;
}

MemoryHandle Reader(const std::string& text) {
  return MemoryHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

CertificateHandle CertificateIn(const std::string& pem) {
  return CertificateHandle(PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
}

/// Foreign text: bounded; OpenSSL's printing leaves no control characters in it.
std::string Bounded(std::string text) {
  if (text.size() > kLongestName) text.resize(kLongestName);
  return text;
}

std::string NameText(const X509_NAME* name) {
  const MemoryHandle out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return Bounded(TextOf(out));
}

std::string TimeText(const ASN1_TIME* time) {
  const MemoryHandle out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  return TextOf(out);
}

/// "of 'CN=A', issued by 'CN=CA', valid from ... to ...".
std::string Description(const X509* certificate) {
  std::string text = "of '";
  text.append(NameText(X509_get_subject_name(certificate))).append("', issued by '");
  text.append(NameText(X509_get_issuer_name(certificate))).append("', valid from ");
  text.append(TimeText(X509_get0_notBefore(certificate))).append(" to ");
  return text.append(TimeText(X509_get0_notAfter(certificate)));
}

/// "DNS:aggregator.example, IP Address:10.0.0.1".
std::string HostsOf(X509* certificate) {
  const int place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
  if (place < 0) return "no host";
  const MemoryHandle out(BIO_new(BIO_s_mem()));
  X509V3_EXT_print(out.get(), X509_get_ext(certificate, place), 0, 0);
  return Bounded(TextOf(out));
}

std::string InFile(const std::string& file) {
  return file.empty() ? std::string() : std::string(" (").append(file).append(")");
}

/// What is wrong with the server's certificate, and what to do.
std::string Advice(const Refusal& refusal, const std::string& host, const TlsIdentity& identity) {
  const std::string ca = std::string("the CA in use").append(InFile(identity.ca_file));
  std::string text;
  switch (refusal.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: {
      const bool early = refusal.error == X509_V_ERR_CERT_NOT_YET_VALID;
      const std::string whose = refusal.depth > 0 ? ca + " is" : "it is";
      text.append(whose).append(early ? " not valid yet" : " expired");
      return text.append(
          ": check this machine's clock; if it is right, the coordinator has to renew it");
    }
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      text.append("it is for ").append(HostsOf(refusal.certificate.get())).append(", not for '");
      return text.append(host).append(
          "': give the address by a name that it is for, or have it made for this one");
    default:
      break;
  }
  const CertificateHandle own = CertificateIn(identity.ca);
  text.append(ca);
  if (own != nullptr) {
    text.append(" is '").append(NameText(X509_get_subject_name(own.get()))).append("', which");
  }
  text.append(" did not issue it (").append(X509_verify_cert_error_string(refusal.error));
  return text.append(
      "): get the consortium's ca.crt from its coordinator, or check that the address is its "
      "aggregator's");
}

/// Whether the server's alert says that it refuses our certificate.
bool RefusesUs(int reason) {
  constexpr std::array kAlerts = {
      SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
      SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,     SSL_AD_UNKNOWN_CA,
      SSL_AD_ACCESS_DENIED,       SSL_AD_CERTIFICATE_REQUIRED,
  };
  return std::ranges::any_of(kAlerts, [&](int alert) { return reason == kFirstAlert + alert; });
}

class Examination {
 public:
  Examination(const std::string& address, const TlsIdentity& identity)
      : address_(address), identity_(identity), context_(SSL_CTX_new(TLS_client_method())) {}

  /// False where OpenSSL cannot work with the identity, which others say better.
  bool Prepare() {
    if (context_ == nullptr || !UseCa() || !UseCertificate()) return false;
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, Remember);
    constexpr std::array<unsigned char, 3> kHttp2 = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_.get(), kHttp2.data(), kHttp2.size());
    connection_.reset(SSL_new(context_.get()));
    if (connection_ == nullptr) return false;
    SSL_set_app_data(connection_.get(), &refusal_);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    if (in_ == nullptr || out_ == nullptr) return false;
    SSL_set_bio(connection_.get(), in_, out_);  // which owns them now
    SSL_set_connect_state(connection_.get());
    const std::string host = Split(address_).host;
    X509_VERIFY_PARAM* const verification = SSL_get0_param(connection_.get());
    if (IsNumeric(host)) {
      return X509_VERIFY_PARAM_set1_ip_asc(verification, host.c_str()) == 1;
    }
    SSL_set_tlsext_host_name(connection_.get(), host.c_str());
    return X509_VERIFY_PARAM_set1_host(verification, host.data(), host.size()) == 1;
  }

  Status Run(const Socket& socket) {
    // In TLS 1.3 the server judges our certificate after our side of the handshake is done: the first
    // byte that it says after that, or its alert, tells.
    char byte = 0;
    for (int parts = 0; parts < kMostParts; ++parts) {
      ERR_clear_error();
      const int result = SSL_read(connection_.get(), &byte, 1);
      if (result > 0) return OkStatus();
      const int why = SSL_get_error(connection_.get(), result);
      const unsigned long error = ERR_peek_error();
      socket.Send(out_);
      if (refusal_.error != X509_V_OK) return NotTrusted();
      if (why == SSL_ERROR_SSL && RefusesUs(ERR_GET_REASON(error))) {
        const char* const reason = ERR_reason_error_string(error);
        return Refused(reason == nullptr ? "no reason given" : reason);
      }
      if (why != SSL_ERROR_WANT_READ || !socket.Receive(in_)) break;
    }
    // gRPC's servers hang up without an alert. Where we know nothing wrong with our certificate, that
    // may have been for another reason.
    const int own = SSL_is_init_finished(connection_.get()) == 1 ? FaultOfOwn() : X509_V_OK;
    return own == X509_V_OK ? OkStatus() : Refused(X509_verify_cert_error_string(own));
  }

 private:
  bool UseCa() {
    X509_STORE* const trusted = SSL_CTX_get_cert_store(context_.get());
    X509_STORE_set_flags(trusted, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    const MemoryHandle text = Reader(identity_.ca);
    bool any = false;
    for (;;) {
      const CertificateHandle ca(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
      if (ca == nullptr) return any;
      any = X509_STORE_add_cert(trusted, ca.get()) == 1;
    }
  }

  bool UseCertificate() {
    own_ = CertificateIn(identity_.certificate);
    const KeyHandle key(
        PEM_read_bio_PrivateKey(Reader(identity_.key).get(), nullptr, nullptr, nullptr));
    return own_ != nullptr && key != nullptr &&
           SSL_CTX_use_certificate(context_.get(), own_.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1;
  }

  Status NotTrusted() const {
    std::string text = "the aggregator at ";
    text.append(address_).append(" shows a certificate that is not trusted");
    if (refusal_.certificate != nullptr) {
      text.append(" (").append(Description(refusal_.certificate.get())).append(")");
    }
    return PermissionDenied(
        text.append(": ").append(Advice(refusal_, Split(address_).host, identity_)));
  }

  /// What a server of the CA in use would refuse our certificate for.
  int FaultOfOwn() const {
    const StoreContextHandle context(X509_STORE_CTX_new());
    X509_STORE* const trusted = SSL_CTX_get_cert_store(context_.get());
    if (context == nullptr ||
        X509_STORE_CTX_init(context.get(), trusted, own_.get(), nullptr) != 1) {
      return X509_V_OK;
    }
    X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
  }

  Status Refused(const std::string& reason) const {
    std::string text = "the aggregator at ";
    text.append(address_).append(" refuses this program's certificate");
    text.append(InFile(identity_.certificate_file)).append(", ").append(Description(own_.get()));
    text.append(": ").append(reason);
    return PermissionDenied(text.append(
        "; have the coordinator issue one by the consortium's CA, valid now, and use that"));
  }

  const std::string& address_;
  const TlsIdentity& identity_;
  Refusal refusal_;
  CertificateHandle own_;
  ContextHandle context_;
  ConnectionHandle connection_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace

Status ExamineTls(const std::string& address, const TlsIdentity& identity, Millis patience) {
  const Socket socket(Split(address), patience);
  if (!socket.connected()) return OkStatus();
  Examination examination(address, identity);
  Status found = examination.Prepare() ? examination.Run(socket) : OkStatus();
  ERR_clear_error();  // of this thread, which may be gRPC's next
  return found;
}

}  // namespace consilium
