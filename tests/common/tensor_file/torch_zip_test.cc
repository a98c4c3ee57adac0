#include "common/tensor_file/torch_zip.h"

#include "tests/common/tensor_file/golden_weights.h"
#include "tests/support/status_matchers.h"

#include <algorithm>

namespace consilium {
namespace {

struct GoldenCase {
  std::string file;
  std::string expected;
};

class TorchZipTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(TorchZipTest, HoldsWhatPythonSaved) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const TensorFile file, ParseTorchZip(ReadGoldenWeights(GetParam().file), GetParam().file));
  ExpectSameTensors(file, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Golden, TorchZipTest,
                         testing::Values(GoldenCase{"plain.pth", "plain.safetensors"},
                                         GoldenCase{"plain_protocol4.pth", "plain.safetensors"},
                                         GoldenCase{"plain_in_state_dict.pth", "plain.safetensors"},
                                         GoldenCase{"plain_in_model.pth", "plain.safetensors"},
                                         GoldenCase{"views.pth", "views.safetensors"},
                                         GoldenCase{"narrow.pth", "narrow.safetensors"}),
                         [](const auto& test) {
                           return test.param.file.substr(0, test.param.file.find('.'));
                         });

class RefusedTorchZipTest : public testing::TestWithParam<GoldenCase> {};

TEST_P(RefusedTorchZipTest, IsRefusedWithItsReason) {
  const auto parsed = ParseTorchZip(ReadGoldenWeights(GetParam().file), "x.pth");
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, "x.pth: ");
  EXPECT_STATUS(parsed, StatusCode::kInvalidArgument, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, RefusedTorchZipTest,
    testing::Values(
        GoldenCase{"refused_command.pth", "system', which is code, not weights"},
        GoldenCase{"refused_module.pth", "'torch.nn.modules.linear.Linear', which is code"},
        GoldenCase{"refused_bytes.pth", "'mask': has elements of type torch.ByteStorage"},
        GoldenCase{"refused_script.pth", "is a TorchScript program"},
        GoldenCase{"refused_bomb.pth", "would unpack to more than 4 times the archive"},
        GoldenCase{"refused_twice.pth", "has two members a/data.pkl"},
        GoldenCase{"refused_path.pth", "a member's name is not a plain path"},
        GoldenCase{"refused_encrypted.pth", "a/data.pkl is encrypted"},
        GoldenCase{"refused_packing.pth", "a/data.pkl is packed by method 12"},
        GoldenCase{"refused_big_endian.pth", "big-endian machine"},
        GoldenCase{"refused_other.pth", "a zip archive without data.pkl"}),
    [](const auto& test) { return test.param.file.substr(0, test.param.file.find('.')); });

TEST(TorchZipBoundsTest, EveryTruncationIsRefused) {
  const Bytes whole = ReadGoldenWeights("plain.pth");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseTorchZip(ByteView(whole).first(size), "x").ok()) << size;
  }
}

/// Where the `nth` (from 0) occurrence of `text` begins.
std::size_t PlaceOf(const Bytes& bytes, std::string_view text, int nth) {
  std::size_t at = AsText(bytes).find(text);
  for (int i = 0; i < nth; ++i) at = AsText(bytes).find(text, at + 1);
  return at;
}

template <typename T>
void Overwrite(Bytes& bytes, std::size_t at, T value) {
  std::ranges::copy(std::as_bytes(std::span(&value, 1)),
                    bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

constexpr std::string_view kCentral = "PK\x01\x02";

TEST(TorchZipBoundsTest, AChangedElementIsFoundByTheChecksum) {
  Bytes file = ReadGoldenWeights("plain.pth");
  const float element = 2.0F;
  const std::size_t at = PlaceOf(file, AsText(std::as_bytes(std::span(&element, 1))), 0);
  file[at] ^= std::byte{1};
  EXPECT_STATUS(ParseTorchZip(file, "x"), StatusCode::kInvalidArgument, "cannot be read whole");
}

TEST(TorchZipBoundsTest, AMemberThatClaimsToBeLargerIsRefused) {
  for (const std::uint32_t size : {std::uint32_t{100}, std::uint32_t{1} << 31}) {
    Bytes file = ReadGoldenWeights("plain.pth");
    const std::size_t storage = PlaceOf(file, kCentral, 1);
    Overwrite(file, storage + 20, size);  // as packed
    Overwrite(file, storage + 24, size);  // as unpacked
    EXPECT_STATUS(ParseTorchZip(file, "x"), StatusCode::kInvalidArgument, "x: ");
  }
}

TEST(TorchZipBoundsTest, AMemberThatLiesElsewhereIsRefused) {
  for (const std::uint32_t offset : {std::uint32_t{0}, std::uint32_t{7}, ~std::uint32_t{1}}) {
    Bytes file = ReadGoldenWeights("plain.pth");
    Overwrite(file, PlaceOf(file, kCentral, 1) + 42, offset);
    EXPECT_STATUS(ParseTorchZip(file, "x"), StatusCode::kInvalidArgument, "x: ");
  }
}

TEST(TorchZipBoundsTest, ADirectoryOfMoreMembersThanTheFileCanHoldIsRefused) {
  for (const std::size_t field : {std::size_t{24}, std::size_t{32}}) {
    Bytes file = ReadGoldenWeights("plain.pth");
    Overwrite(file, PlaceOf(file, "PK\x06\x06", 0) + field, std::uint64_t{1} << 40);
    EXPECT_STATUS(ParseTorchZip(file, "x"), StatusCode::kInvalidArgument,
                  "claims 1099511627776 members");
  }
}

}  // namespace
}  // namespace consilium
