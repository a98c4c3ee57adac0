/// How the entries of a network's state are named, beside the backbone's own names.
#pragma once

#include <string_view>

namespace consilium {

inline constexpr std::string_view kBackbonePrefix = "backbone.";
inline constexpr std::string_view kHeadsPrefix = "heads.";

}  // namespace consilium
