#include "aggregator/grpc/caller.h"

#include <algorithm>

namespace consilium {
namespace {

/// Letters that a name may have: a site's becomes a part of file names.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

Status WrongRole(const CertificateOwner& owner) {
  if (owner.role == CertificateRole::kOperator) {
    return PermissionDenied("'" + owner.name +
                            "' is an operator's certificate, expected one of a site");
  }
  return PermissionDenied("'" + owner.name +
                          "' is a site's certificate, expected one of an operator");
}

}  // namespace

Result<CertificateOwner> CallerOf(const grpc::ServerContext& context, CertificateRole role) {
  const auto peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) {
    return PermissionDenied("the caller has no certificate");
  }
  if (peer->FindPropertyValues("x509_common_name").size() != 1) {
    return PermissionDenied("the certificate needs one common name");
  }
  const auto pems = peer->FindPropertyValues("x509_pem_cert");
  if (pems.size() != 1) return PermissionDenied("the caller has no certificate");
  const Result<CertificateOwner> owner = OwnerOf({pems[0].data(), pems[0].size()});
  if (!owner.ok()) return PermissionDenied(owner.status().message());
  if (!IsPlainName(owner->name)) {
    return PermissionDenied("the certificate's name cannot be a site's");
  }
  if (owner->role != role) return WrongRole(*owner);
  return *owner;
}

}  // namespace consilium
