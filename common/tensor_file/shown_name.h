/// A foreign name in quotes, cut to a length and made printable, for messages of one line.
/// Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace consilium {

std::string ShownName(std::string_view name);

}  // namespace consilium
