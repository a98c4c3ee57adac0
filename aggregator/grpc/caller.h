/// Who calls, as the certificate says that the TLS handshake checked. Private to this folder.
/// Errors: kPermissionDenied. Threads: any.
#pragma once

#include "common/base/result.h"
#include "common/security/certificates.h"

#include <grpcpp/server_context.h>

namespace consilium {

/// `role`: that the service is for; the other's certificates are refused.
Result<CertificateOwner> CallerOf(const grpc::ServerContext& context, CertificateRole role);

}  // namespace consilium
