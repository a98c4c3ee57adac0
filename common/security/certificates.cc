#include "common/security/certificates.h"

#include "common/security/openssl_handles.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace consilium {
namespace {

constexpr long kSecondsPerDay = 86'400;

struct Identity {
  KeyHandle key;
  CertificateHandle certificate;
};

struct Extension {
  int nid;
  std::string value;  ///< as in openssl.cnf
};

/// Bytes that a name, a file name and a DNS label may all hold.
bool IsPlain(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
         });
}

Status CheckOptions(const ThrowAwayCaOptions& options) {
  constexpr std::string_view kExpected =
      ", expected 1 to 64 letters, digits, '.', '-' or '_', not starting with '.' or '-'";
  std::set<std::string> seen = {"ca", "aggregator"};
  const auto check = [&](const char* what, const std::string& name) {
    const std::string at = std::string(what) + " name '" + name + "' is ";
    if (!IsPlain(name)) return InvalidArgument(at + "not usable" + std::string(kExpected));
    if (!seen.insert(name).second) return InvalidArgument(at + "taken, expected different names");
    return OkStatus();
  };
  for (const std::string& site : options.sites) CONSILIUM_RETURN_IF_ERROR(check("site", site));
  for (const std::string& name : options.operators) {
    CONSILIUM_RETURN_IF_ERROR(check("operator", name));
  }
  if (options.aggregator_hosts.empty()) {
    return InvalidArgument("hosts: none given, expected at least one name of the aggregator");
  }
  for (const std::string& host : options.aggregator_hosts) {
    in6_addr address;
    if (!IsPlain(host) && inet_pton(AF_INET6, host.c_str(), &address) != 1) {
      return InvalidArgument("host '" + host + "' is neither a name nor an address");
    }
  }
  if (options.valid_days < 1 || options.valid_days > 3650) {
    return InvalidArgument("valid_days must be 1 to 3650");
  }
  return OkStatus();
}

/// "DNS:localhost,IP:127.0.0.1".
std::string AlternativeNames(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    in6_addr address;
    const bool numeric = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                         inet_pton(AF_INET6, host.c_str(), &address) == 1;
    names += (names.empty() ? "" : ",") + std::string(numeric ? "IP:" : "DNS:") + host;
  }
  return names;
}

bool AddExtension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle made(
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
  return made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool SetRandomSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, never short
  const NumberHandle number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddName(X509_NAME* subject, const char* field, const std::string& text) {
  return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

/// A new key with a certificate signed by `issuer`, or by itself if there is none. `unit`: what its
/// owner may do beyond a site, or "".
Result<Identity> Issue(const std::string& common_name, const std::vector<Extension>& extensions,
                       int valid_days, const Identity* issuer, const std::string& unit = "") {
  Identity made{KeyHandle(EVP_EC_gen("P-256")), CertificateHandle(X509_new())};
  X509* const certificate = made.certificate.get();
  if (made.key == nullptr || certificate == nullptr) return Internal("no key could be generated");
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509* const issuer_certificate = issuer == nullptr ? certificate : issuer->certificate.get();
  bool done =
      X509_set_version(certificate, X509_VERSION_3) == 1 && SetRandomSerial(certificate) &&
      // An hour back: clocks of test machines differ.
      X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), valid_days * kSecondsPerDay) != nullptr &&
      X509_set_pubkey(certificate, made.key.get()) == 1 &&
      (unit.empty() || AddName(subject, "OU", unit)) && AddName(subject, "CN", common_name) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate)) == 1;
  for (const Extension& extension : extensions) {
    done = done && AddExtension(certificate, issuer_certificate, extension);
  }
  EVP_PKEY* const signer = issuer == nullptr ? made.key.get() : issuer->key.get();
  if (!done || X509_sign(certificate, signer, EVP_sha256()) == 0) {
    return Internal("the certificate of '" + common_name + "' could not be made");
  }
  return made;
}

/// Creates `path`, which must not exist, with `mode`.
Status WriteNew(const std::string& path, const std::string& text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return InvalidArgument(path + ": " + std::strerror(errno));
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !whole) return ResourceExhausted(path + ": could not be written whole");
  return OkStatus();
}

Status WriteIdentity(const Identity& identity, const std::string& folder, const std::string& name) {
  const MemoryHandle key(BIO_new(BIO_s_mem()));
  const MemoryHandle certificate(BIO_new(BIO_s_mem()));
  if (key == nullptr || certificate == nullptr ||
      PEM_write_bio_PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) != 1 ||
      PEM_write_bio_X509(certificate.get(), identity.certificate.get()) != 1) {
    return Internal("the key of '" + name + "' could not be written as PEM");
  }
  const std::string base = (std::filesystem::path(folder) / name).string();
  CONSILIUM_RETURN_IF_ERROR(WriteNew(base + ".key", TextOf(key), S_IRUSR | S_IWUSR));
  return WriteNew(base + ".crt", TextOf(certificate), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

std::vector<Extension> LeafExtensions(std::string extended_usage) {
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical,digitalSignature"},
          {NID_ext_key_usage, std::move(extended_usage)},
          {NID_subject_key_identifier, "hash"},
          {NID_authority_key_identifier, "keyid:always"}};
}

}  // namespace

Status MakeThrowAwayCa(const ThrowAwayCaOptions& options) {
  CONSILIUM_RETURN_IF_ERROR(CheckOptions(options));
  std::error_code failed;
  std::filesystem::create_directories(options.folder, failed);
  if (failed) return InvalidArgument(options.folder + ": " + failed.message());
  for (const char* name : {"ca.crt", "ca.key"}) {
    const auto path = std::filesystem::path(options.folder) / name;
    if (std::filesystem::exists(path, failed)) {
      return AlreadyExists(path.string() + ": exists, expected a folder without a CA");
    }
  }
  CONSILIUM_ASSIGN_OR_RETURN(const Identity ca,
                             Issue("consilium throw-away CA",
                                   {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                    {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                    {NID_subject_key_identifier, "hash"}},
                                   options.valid_days, nullptr));
  auto serving = LeafExtensions("serverAuth");
  serving.push_back({NID_subject_alt_name, AlternativeNames(options.aggregator_hosts)});
  CONSILIUM_ASSIGN_OR_RETURN(const Identity aggregator,
                             Issue("aggregator", serving, options.valid_days, &ca));
  CONSILIUM_RETURN_IF_ERROR(WriteIdentity(ca, options.folder, "ca"));
  CONSILIUM_RETURN_IF_ERROR(WriteIdentity(aggregator, options.folder, "aggregator"));
  for (const std::string& site : options.sites) {
    CONSILIUM_ASSIGN_OR_RETURN(const Identity identity,
                               Issue(site, LeafExtensions("clientAuth"), options.valid_days, &ca));
    CONSILIUM_RETURN_IF_ERROR(WriteIdentity(identity, options.folder, site));
  }
  for (const std::string& name : options.operators) {
    CONSILIUM_ASSIGN_OR_RETURN(const Identity identity, Issue(name, LeafExtensions("clientAuth"),
                                                              options.valid_days, &ca, "operator"));
    CONSILIUM_RETURN_IF_ERROR(WriteIdentity(identity, options.folder, name));
  }
  return OkStatus();
}

}  // namespace consilium
