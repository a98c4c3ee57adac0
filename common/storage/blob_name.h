/// What a blob may be called. Threads: pure.
#pragma once

#include "common/base/status.h"

#include <string_view>

namespace consilium {

inline constexpr std::string_view kDraftSuffix = ".draft";

/// Parts of 1 to 128 of [A-Za-z0-9._-], joined by '/'; no part is "." or ".." or ends in ".draft".
/// Errors: kInvalidArgument.
Status ValidateBlobName(std::string_view name);

}  // namespace consilium
