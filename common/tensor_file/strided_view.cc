#include "common/tensor_file/strided_view.h"

#include "common/base/check.h"

namespace consilium {

Result<std::uint64_t> StridedView::CountWithin(std::uint64_t available, std::uint64_t limit) const {
  CONSILIUM_CHECK(shape.size() == strides.size());
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0 || strides[i] < 0) return InvalidArgument("has a negative size or stride");
    const auto size = static_cast<std::uint64_t>(shape[i]);
    if (size > 0 && count > limit / size) return InvalidArgument("has too large a shape");
    count *= size;
  }
  if (count > limit) return InvalidArgument("has too large a shape");
  if (count == 0) return count;

  const std::string beyond = "reaches beyond its storage of " + std::to_string(available);
  if (offset >= available) return InvalidArgument(beyond);
  std::uint64_t left = available - 1 - offset;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto steps = static_cast<std::uint64_t>(shape[i]) - 1;
    const auto stride = static_cast<std::uint64_t>(strides[i]);
    if (stride > 0 && steps > left / stride) return InvalidArgument(beyond);
    left -= steps * stride;
  }
  return count;
}

bool StridedView::IsContiguous() const {
  std::uint64_t expected = 1;  // may wrap around where another dimension is 0
  for (std::size_t i = shape.size(); i > 0; --i) {
    const auto size = static_cast<std::uint64_t>(shape[i - 1]);
    if (size != 1 && static_cast<std::uint64_t>(strides[i - 1]) != expected) return false;
    expected *= size;
  }
  return true;
}

Bytes StridedView::Gather(ByteView array, std::size_t element_size) const {
  std::uint64_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::uint64_t>(size);
  Bytes out(count * element_size);
  std::vector<std::int64_t> at(shape.size(), 0);
  std::uint64_t from = offset;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::memcpy(out.data() + i * element_size, array.data() + from * element_size, element_size);
    for (std::size_t d = shape.size(); d > 0; --d) {  // the last dimension first, as an odometer
      from += static_cast<std::uint64_t>(strides[d - 1]);
      if (++at[d - 1] < shape[d - 1]) break;
      from -= static_cast<std::uint64_t>(strides[d - 1] * shape[d - 1]);
      at[d - 1] = 0;
    }
  }
  return out;
}

}  // namespace consilium
