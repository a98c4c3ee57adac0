/// Why two programs do not come to trust each other over TLS, in words for an operator.
///
/// Makes a connection of its own, with one handshake and nothing said inside it, and looks at what
/// either side's certificate was refused for. For a client whose real connection failed and that must
/// know whether trying again can help.
/// Source: RFC 8446 (TLS 1.3), section 6.2 for the alerts.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/security/tls_identity.h"

#include <string>

namespace consilium {

/// `address`: HOST:PORT, [ADDRESS]:PORT for IPv6. Waits for each answer for up to `patience`.
/// Errors: kPermissionDenied where the server's certificate is not of the CA in use, not of its time
/// or not for HOST, or where the server refuses ours (says so, or hangs up on one that is not of the CA
/// in use or not of its time): whose it is, what is wrong with it and what to
/// do. OK for everything else, also if there is no server, it is silent or speaks no TLS.
/// Threads: any; takes the caller's.
Status ExamineTls(const std::string& address, const TlsIdentity& identity, Millis patience);

}  // namespace consilium
