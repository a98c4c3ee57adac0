#include "common/codec/update_codec.h"

#include "common/codec/raw_codec.h"

namespace consilium {

Result<std::unique_ptr<UpdateCodec>> MakeCodec(std::string_view name) {
  if (name == kRawCodecName) return std::unique_ptr<UpdateCodec>(std::make_unique<RawCodec>());
  return InvalidArgument("codec '" + std::string(name) + "' is unknown, expected raw");
}

}  // namespace consilium
