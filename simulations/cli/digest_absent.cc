#include "simulations/cli/digest.h"

namespace consilium {

HasherFactory BuiltInDigest() { return {}; }

}  // namespace consilium
