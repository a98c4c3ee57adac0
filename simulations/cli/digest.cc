#include "simulations/cli/digest.h"

#include "common/security/sha256.h"

namespace consilium {

HasherFactory BuiltInDigest() { return Sha256(); }

}  // namespace consilium
