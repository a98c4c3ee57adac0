/// Grey pictures as files, for cohorts that are made rather than read.
/// Errors: kInvalidArgument names the file. Threads: any.
#pragma once

#include "common/base/status.h"

#include <cstdint>
#include <span>
#include <string>

namespace consilium {

/// A 16-bit grey PNG of width x height `pixels`, row by row; whole or not there at all.
Status WritePng(const std::string& path, std::span<const std::uint16_t> pixels, int width,
                int height);

}  // namespace consilium
