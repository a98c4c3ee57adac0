/// What --version prints. Threads: any.
#pragma once

#include <string>
#include <string_view>

namespace consilium {

/// "consilium-sim 0.1.0 (commit 1a2b3c4d5e6f)"; the commit is "unknown" outside a git checkout and
/// ends in "+changes" where tracked files differ from it.
std::string VersionLine(std::string_view program);
/// "0.1.0".
std::string_view Version();

}  // namespace consilium
