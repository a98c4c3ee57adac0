#include "common/nn/parallel_for.h"

#include <ATen/Parallel.h>

namespace consilium {

void ParallelFor(std::int64_t count,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
  at::parallel_for(0, count, /*grain_size=*/1, body);
}

}  // namespace consilium
