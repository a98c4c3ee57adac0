// Any bytes are either refused or read into a state that is written and read back unchanged.

#include "common/base/check.h"
#include "common/tensor_file/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using consilium::ParseSafetensors;
  const auto file = ParseSafetensors(std::as_bytes(std::span(data, size)), "input");
  if (!file.ok()) return 0;
  const auto again = ParseSafetensors(consilium::SerializeSafetensors(*file), "again");
  CONSILIUM_CHECK(again.ok());
  CONSILIUM_CHECK(*again->blob.layout == *file->blob.layout);
  CONSILIUM_CHECK(again->blob.bytes == file->blob.bytes);
  CONSILIUM_CHECK(again->metadata == file->metadata);
  return 0;
}
