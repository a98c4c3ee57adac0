/// Text as part of a file name: characters outside [A-Za-z0-9._-] become '_', and a name that
/// changed gets a suffix so that different texts stay different. Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace consilium {

std::string FileNamePart(std::string_view text);

}  // namespace consilium
