#include "common/security/tls_identity.h"

#include "common/security/openssl_handles.h"
#include "common/storage/file_io.h"

#include <openssl/pem.h>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 1 << 20;

Result<std::string> ReadPem(const std::string& path) {
  const Result<Bytes> bytes = ReadFile(path, kMaxFile);
  if (!bytes.ok()) return InvalidArgument(bytes.status().message());
  return std::string(AsText(*bytes));
}

MemoryHandle MemoryOf(const std::string& text) {
  return MemoryHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

CertificateHandle ParseCertificate(const std::string& pem) {
  return CertificateHandle(PEM_read_bio_X509(MemoryOf(pem).get(), nullptr, nullptr, nullptr));
}

/// A key with a password is refused instead of asking for it on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

}  // namespace

Result<TlsIdentity> ReadTlsIdentity(const std::string& ca_file, const std::string& certificate_file,
                                    const std::string& key_file) {
  TlsIdentity identity;
  CONSILIUM_ASSIGN_OR_RETURN(identity.ca, ReadPem(ca_file));
  CONSILIUM_ASSIGN_OR_RETURN(identity.certificate, ReadPem(certificate_file));
  CONSILIUM_ASSIGN_OR_RETURN(identity.key, ReadPem(key_file));
  if (ParseCertificate(identity.ca) == nullptr) {
    return InvalidArgument(ca_file + ": no certificate in PEM");
  }
  const CertificateHandle certificate = ParseCertificate(identity.certificate);
  if (certificate == nullptr) return InvalidArgument(certificate_file + ": no certificate in PEM");
  const KeyHandle key(
      PEM_read_bio_PrivateKey(MemoryOf(identity.key).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return InvalidArgument(key_file + ": no private key in PEM without password");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return InvalidArgument(key_file + ": is not the key of " + certificate_file);
  }
  identity.ca_file = ca_file;
  identity.certificate_file = certificate_file;
  return identity;
}

}  // namespace consilium
