#include "common/tensor_file/shown_name.h"

#include <algorithm>

namespace consilium {

std::string ShownName(std::string_view name) {
  constexpr std::size_t longest = 100;
  std::string shown(name.substr(0, longest));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + shown + (name.size() > longest ? "...'" : "'");
}

}  // namespace consilium
