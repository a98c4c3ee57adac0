/// Access to bytes that lie elsewhere, by offset: an encoded update in a spool, a model in a store.
#pragma once

#include "common/base/status.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace consilium {

/// Reads bytes [offset, offset + into.size()).
using EncodedReader = std::function<Status(std::uint64_t offset, std::span<std::byte> into)>;

}  // namespace consilium
