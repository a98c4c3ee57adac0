/// SHA-256 where the build has it, else an empty factory: model_sha256 is then "".
#pragma once

#include "common/base/hasher.h"

namespace consilium {

HasherFactory BuiltInDigest();

}  // namespace consilium
