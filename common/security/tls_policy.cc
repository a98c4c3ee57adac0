#include "common/security/certificates.h"

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace consilium {
namespace {

// gRPC sets its own lowest version on every context, which overrides MinProtocol; the options that
// `Protocol` sets are left alone.
constexpr std::string_view kConfiguration =
    "openssl_conf = init\n"
    "[init]\nssl_conf = tls\n"
    "[tls]\nsystem_default = only_13\n"
    "[only_13]\nProtocol = -ALL, TLSv1.3\n";

struct FreeSettings {
  void operator()(OPENSSL_INIT_SETTINGS* settings) const { OPENSSL_INIT_free(settings); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// OpenSSL takes its configuration from a file only; this one never touches a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : descriptor_(memfd_create("tls", MFD_CLOEXEC)) {
    if (descriptor_ < 0) return;
    whole_ = write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  ~MemoryFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool ok() const { return whole_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
  bool whole_ = false;
};

bool RefusesOlderThan13() {
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return false;
  constexpr auto kOlder = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
  const auto options = SSL_CTX_get_options(context.get());
  return (options & kOlder) == kOlder && (options & SSL_OP_NO_TLSv1_3) == 0;
}

}  // namespace

Status AllowOnlyTls13() {
  const MemoryFile file(kConfiguration);
  if (!file.ok()) return Internal("the TLS configuration could not be written to memory");
  const std::unique_ptr<OPENSSL_INIT_SETTINGS, FreeSettings> settings(OPENSSL_INIT_new());
  if (settings == nullptr) return ResourceExhausted("no memory for the TLS configuration");
  OPENSSL_INIT_set_config_filename(settings.get(), file.path().c_str());
  OPENSSL_INIT_set_config_file_flags(settings.get(), 0);
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, settings.get());
  if (!RefusesOlderThan13()) {
    return FailedPrecondition(
        "OpenSSL was in use before it could be restricted to TLS 1.3; nothing is served");
  }
  return OkStatus();
}

}  // namespace consilium
