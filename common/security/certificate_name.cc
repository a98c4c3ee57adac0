#include "common/security/certificates.h"
#include "common/security/openssl_handles.h"

#include <openssl/pem.h>

#include <array>

namespace consilium {

namespace {

Result<CertificateHandle> Parse(std::string_view pem) {
  const MemoryHandle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (memory == nullptr) return ResourceExhausted("no memory for the certificate");
  CertificateHandle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return InvalidArgument("not a certificate, expected PEM that starts with BEGIN CERTIFICATE");
  }
  return certificate;
}

/// The first entry of `nid`, or "".
std::string TextOf(const CertificateHandle& certificate, int nid) {
  std::array<char, 65> text{};  // CN and OU have at most 64 characters
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), nid,
                                             text.data(), static_cast<int>(text.size()));
  return size < 1 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
}

Result<std::string> NameIn(const CertificateHandle& certificate) {
  std::string name = TextOf(certificate, NID_commonName);
  if (!name.empty()) return name;
  return InvalidArgument("the certificate names no one, expected a common name (CN)");
}

}  // namespace

Result<std::string> CommonNameOf(std::string_view certificate_pem) {
  CONSILIUM_ASSIGN_OR_RETURN(const CertificateHandle certificate, Parse(certificate_pem));
  return NameIn(certificate);
}

Result<CertificateOwner> OwnerOf(std::string_view certificate_pem) {
  CONSILIUM_ASSIGN_OR_RETURN(const CertificateHandle certificate, Parse(certificate_pem));
  CertificateOwner owner;
  CONSILIUM_ASSIGN_OR_RETURN(owner.name, NameIn(certificate));
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const int first = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, -1);
  if (first < 0) return owner;
  const bool several = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, first) >= 0;
  if (several || TextOf(certificate, NID_organizationalUnitName) != "operator") {
    return InvalidArgument(
        "the certificate's role is unknown, expected one organizational unit (OU), operator, or "
        "none for a site");
  }
  owner.role = CertificateRole::kOperator;
  return owner;
}

}  // namespace consilium
