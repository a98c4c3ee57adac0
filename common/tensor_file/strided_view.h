/// A tensor as PyTorch describes it: a view of a flat array by offset, shape and strides.
/// Units: elements, unless bytes are named. Threads: pure.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <cstdint>
#include <vector>

namespace consilium {

struct StridedView {
  std::uint64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< as many as dimensions

  /// The number of elements, if all of them lie in an array of `available` and they are at most
  /// `limit`. Errors: kInvalidArgument, without the tensor's name.
  Result<std::uint64_t> CountWithin(std::uint64_t available, std::uint64_t limit) const;
  /// Whether the elements lie one after another, row by row.
  bool IsContiguous() const;
  /// The elements of `array` row by row. Requires CountWithin to hold for the array.
  Bytes Gather(ByteView array, std::size_t element_size) const;
};

}  // namespace consilium
