/// Whole files, in and out. Threads: any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <string>

namespace consilium {

/// Errors: kNotFound, or kInvalidArgument if over `limit` bytes; the message names the file.
Result<Bytes> ReadFile(const std::string& path, std::uint64_t limit);
/// Written beside, synced, renamed: the file is whole or as before. Errors name the file and the
/// reason.
Status WriteFileAtomically(const std::string& path, ByteView bytes);

}  // namespace consilium
