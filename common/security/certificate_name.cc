#include "common/security/certificates.h"
#include "common/security/openssl_handles.h"

#include <openssl/pem.h>

#include <array>

namespace consilium {

Result<std::string> CommonNameOf(std::string_view certificate_pem) {
  const MemoryHandle memory(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  if (memory == nullptr) return ResourceExhausted("no memory for the certificate");
  const CertificateHandle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return InvalidArgument("not a certificate, expected PEM that starts with BEGIN CERTIFICATE");
  }
  std::array<char, 65> name{};  // a CN has at most 64 characters
  const int size =
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                                name.data(), static_cast<int>(name.size()));
  if (size < 1) return InvalidArgument("the certificate names no one, expected a common name (CN)");
  return std::string(name.data(), static_cast<std::size_t>(size));
}

}  // namespace consilium
