/// What every report says about its models, and what the methods are. Threads: pure.
#pragma once

#include <string_view>
#include <vector>

namespace consilium {

struct MethodText {
  std::string_view method;
  std::string_view trained_on;
};

const std::vector<MethodText>& MethodTexts();

/// Intended use, limits, how to reproduce: one paragraph each, plain text.
const std::vector<std::string_view>& ModelCard();

}  // namespace consilium
