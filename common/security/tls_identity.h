/// Who a program is on the network, and whom it trusts. Threads: plain values.
#pragma once

#include "common/base/result.h"

#include <string>

namespace consilium {

/// PEM texts, and the files that they came from, for messages.
struct TlsIdentity {
  std::string ca;           ///< the only authority that the other side may have
  std::string certificate;  ///< one's own
  std::string key;          ///< of that certificate
  std::string ca_file;      ///< may be empty, as the next
  std::string certificate_file;
};

/// Errors: kInvalidArgument naming the file that is missing, is no PEM, or does not fit the others.
Result<TlsIdentity> ReadTlsIdentity(const std::string& ca_file, const std::string& certificate_file,
                                    const std::string& key_file);

}  // namespace consilium
