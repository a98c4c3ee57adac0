#include "common/tensor_file/read_tensor_file.h"

#include "common/storage/mapped_file.h"
#include "common/tensor_file/torch_legacy.h"
#include "common/tensor_file/torch_zip.h"

namespace consilium {

Result<TensorFile> ReadTensorFile(const std::string& path) {
  CONSILIUM_ASSIGN_OR_RETURN(const std::shared_ptr<MappedFile> file, MappedFile::Open(path));
  if (file->bytes().size() > kMaxTensorFile) {
    return InvalidArgument(path + ": " + std::to_string(file->bytes().size()) +
                           " bytes, expected at most " + std::to_string(kMaxTensorFile));
  }
  return ParseTensorFile(file->bytes(), path);
}

Result<TensorFile> ParseTensorFile(ByteView file, const std::string& name_for_errors) {
  // A .safetensors file begins with the length of its header, which may have any lower bytes: 640
  // is written as a pickle begins. Its ninth byte tells.
  constexpr std::size_t json_at = 8;
  const std::string_view text = AsText(file);
  const bool json = text.size() > json_at && text[json_at] == '{';
  if (json) return ParseSafetensors(file, name_for_errors);
  if (text.starts_with("PK")) return ParseTorchZip(file, name_for_errors);
  if (text.starts_with('\x80')) return ParseTorchLegacy(file, name_for_errors);
  return InvalidArgument(name_for_errors +
                         ": holds no weights; expected .safetensors, or .pth as torch.save writes "
                         "it of a state dict");
}

}  // namespace consilium
