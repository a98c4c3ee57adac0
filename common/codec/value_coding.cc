#include "common/codec/value_coding.h"

#include "common/codec/bfloat16_coding.h"
#include "common/codec/int8_coding.h"
#include "common/codec/top_share_coding.h"

namespace consilium {

std::unique_ptr<ValueCoding> MakeValueCoding(const CodecName& name) {
  switch (name.values) {
    case UpdateValues::kFloat32:
      return nullptr;
    case UpdateValues::kBFloat16:
      return std::make_unique<BFloat16Coding>();
    case UpdateValues::kInt8:
      return std::make_unique<Int8Coding>();
    case UpdateValues::kTopShare:
      return std::make_unique<TopShareCoding>(name.kept);
  }
  return nullptr;
}

}  // namespace consilium
