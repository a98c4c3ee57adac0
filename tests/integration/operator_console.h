/// What consilium-admin says, asked by an operator of a small federation. Threads: one.
#pragma once

#include "tests/integration/small_federation.h"

#include <string>
#include <vector>

namespace consilium {

struct Answer {
  int code = -1;
  std::string output;
  std::string errors;
};
/// `certificate`: whose it is.
Answer Ask(const SmallFederation& federation, const std::string& certificate,
           const std::vector<std::string>& command);
/// Waits until `run` is in `state`.
bool Reaches(const SmallFederation& federation, const std::string& run, const std::string& state);

}  // namespace consilium
