/// SHA-256 behind the Hasher seam. Threads: any.
#pragma once

#include "common/base/hasher.h"

namespace consilium {

HasherFactory Sha256();

}  // namespace consilium
