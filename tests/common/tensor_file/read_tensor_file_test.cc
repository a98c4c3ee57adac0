#include "common/tensor_file/read_tensor_file.h"

#include "tests/common/tensor_file/golden_weights.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

TEST(ReadTensorFileTest, TellsFormatsApartByContent) {
  const TempFolder folder;
  const std::string path = folder.File("weights.bin");
  for (const char* name : {"plain.safetensors", "plain_legacy.pth"}) {
    ASSERT_OK(WriteFileAtomically(path, ReadGoldenWeights(name)));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const TensorFile file, ReadTensorFile(path));
    ExpectSameTensors(file, "plain.safetensors");
  }
}

TEST(ReadTensorFileTest, AHeaderWhoseLengthLooksLikeAnotherFormatIsSafetensors) {
  for (const std::uint64_t length : {std::uint64_t{0x0280}, std::uint64_t{0x4B50}}) {
    std::string header = "{}";
    header.resize(length, ' ');
    ByteWriter writer;
    writer.Put(length);
    writer.PutBytes(AsBytes(header));
    ASSERT_OK(ParseTensorFile(writer.bytes(), "x"));
  }
}

TEST(ReadTensorFileTest, SaysOfAnythingElseWhatWasExpected) {
  for (const char* text : {"", "no tensors here",
                           "\x7f"
                           "ELF"}) {
    EXPECT_STATUS(ParseTensorFile(AsBytes(text), "x"), StatusCode::kInvalidArgument,
                  "x: holds no weights; expected .safetensors, or .pth");
  }
}

TEST(ReadTensorFileTest, NamesAFileThatIsMissingOrEmpty) {
  const TempFolder folder;
  const std::string path = folder.File("weights.pth");
  EXPECT_STATUS(ReadTensorFile(path), StatusCode::kNotFound, path);
  ASSERT_OK(WriteFileAtomically(path, {}));
  EXPECT_STATUS(ReadTensorFile(path), StatusCode::kInvalidArgument, path + ": is empty");
}

}  // namespace
}  // namespace consilium
