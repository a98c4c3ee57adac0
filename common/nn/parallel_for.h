/// LibTorch's threads for loops of this project.
///
/// at::parallel_for is a template that runs in one thread unless its source is compiled with OpenMP,
/// with which the precompiled header is not valid: this is the one source that is.
#pragma once

#include <cstdint>
#include <functional>

namespace consilium {

/// Calls `body(begin, end)` for parts of [0, count), in up to at::get_num_threads() threads at once;
/// returns when all are done. Threads: any; within another parallel loop it runs in the caller's.
void ParallelFor(std::int64_t count,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace consilium
