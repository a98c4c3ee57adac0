// Any bytes are either refused or read into a state of as many bytes as its layout says.

#include "common/base/check.h"
#include "common/tensor_file/torch_legacy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = consilium::ParseTorchLegacy(std::as_bytes(std::span(data, size)), "input");
  if (!file.ok()) return 0;
  CONSILIUM_CHECK(file->blob.bytes.size() == file->blob.layout->byte_size());
  return 0;
}
