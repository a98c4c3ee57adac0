/// A throw-away certificate authority for a consortium of test machines.
///
/// Writes ca.crt, ca.key and, per name, NAME.crt, NAME.key (ECDSA P-256, CN = name, DNS names of
/// the aggregator as subject alternative names; an operator's has OU = operator). Keys are readable by their owner only. Errors:
/// kAlreadyExists if `folder` holds a CA already; kInvalidArgument for names that cannot be a CN.
/// Threads: any.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct ThrowAwayCaOptions {
  std::string folder;
  std::vector<std::string> aggregator_hosts = {"localhost", "127.0.0.1"};
  std::vector<std::string> sites;
  int valid_days = 30;
  std::vector<std::string> operators;
};
Status MakeThrowAwayCa(const ThrowAwayCaOptions& options);

/// The common name (CN) of a certificate in PEM: a site's id.
/// Errors: kInvalidArgument, without a file name (the caller adds it).
Result<std::string> CommonNameOf(std::string_view certificate_pem);

/// What a certificate's owner may do: take part in runs, or order them.
enum class CertificateRole : std::uint8_t { kSite, kOperator };
struct CertificateOwner {
  std::string name;  ///< its common name (CN)
  CertificateRole role = CertificateRole::kSite;
};
/// Who a certificate in PEM belongs to. Its role is its organizational unit (OU): none is a site,
/// "operator" an operator. Errors: kInvalidArgument for anything else, two units included.
Result<CertificateOwner> OwnerOf(std::string_view certificate_pem);

/// Restricts the OpenSSL of this process to TLS 1.3, for there is no setter in gRPC 1.51. Call
/// first in main, before gRPC is used; the machine's openssl.cnf is not read. Errors:
/// kFailedPrecondition if OpenSSL read its configuration before.
Status AllowOnlyTls13();

}  // namespace consilium
