/// What update_codec_fuzz decodes: the first byte of an input chooses one of these codecs, the rest is
/// an update of this layout. Threads: stateless.
#pragma once

#include "common/federation/parameter_blob.h"

#include <array>
#include <memory>

namespace consilium {

inline constexpr std::array kFuzzedCodecs{
    "fp32",       "fp32+difference+zstd", "bf16+zstd", "bf16+difference",
    "int8",       "int8+difference+zstd", "top-5%",    "top-5%+difference",
    "top-5%+zstd"};

inline std::shared_ptr<const Layout> FuzzedLayout() {
  return Layout::Make({{"backbone.conv.weight", ElementType::kFloat32, {4, 1100}},
                       {"backbone.conv.bias", ElementType::kFloat32, {4}},
                       {"heads.a.weight", ElementType::kFloat32, {2, 19}}})
      .value();
}

}  // namespace consilium
