#include "simulations/methods/backbone_start.h"

#include <algorithm>
#include <cstring>

namespace consilium {
namespace {

/// combine(a, b) of each element, over `into` and `other`.
template <typename T, typename Combine>
void CombineElements(std::byte* into, const std::byte* other, std::uint64_t bytes,
                     const Combine& combine) {
  for (std::uint64_t at = 0; at < bytes; at += sizeof(T)) {
    T a;
    T b;
    std::memcpy(&a, into + at, sizeof(T));
    std::memcpy(&b, other + at, sizeof(T));
    a = combine(a, b);
    std::memcpy(into + at, &a, sizeof(T));
  }
}

}  // namespace

Result<ParameterBlob> BackboneOf(const ParameterBlob& state) {
  return Subset(state, [](const EntrySpec& entry) { return HeadOf(entry).empty(); });
}

Result<ParameterBlob> AveragedBackbone(const ParameterBlob& first, const ParameterBlob& second,
                                       double beta) {
  const Layout& layout = *first.layout;
  if (!(layout == *second.layout) || first.bytes.size() != layout.byte_size() ||
      second.bytes.size() != layout.byte_size()) {
    return InvalidArgument("averaged start: the two backbones have different entries");
  }
  ParameterBlob mean = first;
  const auto average = [beta](auto a, auto b) {
    const double sum = beta * static_cast<double>(a) + (1 - beta) * static_cast<double>(b);
    return static_cast<decltype(a)>(sum);
  };
  for (std::size_t e = 0; e < layout.entries().size(); ++e) {
    std::byte* into = mean.bytes.data() + layout.offset(e);
    const std::byte* other = second.bytes.data() + layout.offset(e);
    switch (layout.entries()[e].type) {
      case ElementType::kFloat32:
        CombineElements<float>(into, other, layout.size(e), average);
        break;
      case ElementType::kFloat64:
        CombineElements<double>(into, other, layout.size(e), average);
        break;
      case ElementType::kInt64:
        CombineElements<std::int64_t>(into, other, layout.size(e),
                                      [](auto a, auto b) { return std::max(a, b); });
        break;
    }
  }
  return mean;
}

}  // namespace consilium
