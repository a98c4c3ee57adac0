/// A state in pieces that fit in fixed buffers. Threads: pure.
#pragma once

#include "common/federation/parameter_blob.h"

#include <algorithm>

namespace consilium {

/// Part of one entry.
struct Chunk {
  const EntrySpec& entry;
  std::uint64_t offset;  ///< into the canonical bytes
  std::size_t size;      ///< whole elements
};

/// Calls visit(Chunk) -> Status for every part of `layout` in order, none over `limit` bytes nor
/// across two entries; stops at the first error. Requires limit >= 8.
template <typename Visit>
Status ForEachChunk(const Layout& layout, std::size_t limit, const Visit& visit) {
  const std::uint64_t step = limit - limit % 8;
  for (std::size_t i = 0; i < layout.entries().size(); ++i) {
    const std::uint64_t end = layout.offset(i) + layout.size(i);
    for (std::uint64_t at = layout.offset(i); at < end; at += step) {
      const auto size = static_cast<std::size_t>(std::min(step, end - at));
      CONSILIUM_RETURN_IF_ERROR(visit(Chunk{layout.entries()[i], at, size}));
    }
  }
  return OkStatus();
}

}  // namespace consilium
