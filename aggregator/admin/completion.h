/// Shell completion of consilium-admin. Threads: pure.
#pragma once

#include <string>

namespace consilium {

/// A bash script to be read with `source` or to lie in /etc/bash_completion.d.
std::string BashCompletion();

}  // namespace consilium
