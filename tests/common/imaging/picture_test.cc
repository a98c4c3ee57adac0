#include "common/imaging/picture.h"

#include "common/imaging/picture_writer.h"
#include "common/storage/file_io.h"
#include "tests/common/imaging/dicom_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <torch/types.h>

namespace consilium {
namespace {

Result<torch::Tensor> Decode(const std::string& file) { return DecodePicture(AsBytes(file)); }

std::vector<float> Values(const Result<torch::Tensor>& picture) {
  EXPECT_OK(picture);
  if (!picture.ok()) return {};
  const torch::Tensor flat = picture->contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// The bytes of a 16-bit PNG of `pixels`.
std::string Png(const std::vector<std::uint16_t>& pixels, int width, int height) {
  const TempFolder folder;
  const std::string path = folder.File("picture.png");
  EXPECT_OK(WritePng(path, pixels, width, height));
  const Result<Bytes> bytes = ReadFile(path, 1 << 20);
  return bytes.ok() ? std::string(AsText(*bytes)) : std::string();
}

using ::testing::ElementsAre;

TEST(PictureTest, ReadsBackSixteenBitPngUnchanged) {
  const Result<torch::Tensor> picture = Decode(Png({0, 1, 300, 65535, 7, 4095}, 3, 2));
  EXPECT_THAT(Values(picture), ElementsAre(0, 1, 300, 65535, 7, 4095));
  EXPECT_EQ(picture->size(0), 2);
}

TEST(PictureTest, RefusesCutAndDamagedPng) {
  std::string png = Png({0, 1, 300, 65535, 7, 4095}, 3, 2);
  EXPECT_STATUS(Decode(png.substr(0, png.size() - 5)), StatusCode::kInvalidArgument, "cut off");
  png[png.size() / 2] = static_cast<char>(png[png.size() / 2] ^ 0x10);
  EXPECT_FALSE(Decode(png).ok());
}

TEST(PictureTest, EveryTruncationOfPngAndDicomIsRefused) {
  for (const std::string& file : {Png({0, 1, 2, 3}, 2, 2), DicomFile().Bytes()}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_FALSE(Decode(file.substr(0, size)).ok()) << size;
    }
  }
}

TEST(PictureTest, RefusesWhatIsNoPicture) {
  EXPECT_STATUS(Decode(""), StatusCode::kInvalidArgument, "file is empty");
  EXPECT_STATUS(Decode("hello"), StatusCode::kInvalidArgument,
                "no picture that can be read, expected PNG, JPEG, TIFF or DICOM");
}

TEST(PictureTest, RefusesAbsurdTiffSizeFromItsHeader) {
  std::string tiff("II*\0\x08\0\0\0\x02\0", 10);
  tiff += std::string("\x00\x01\x04\0\x01\0\0\0\xFF\xFF\xFF\x7F", 12);
  tiff += std::string("\x01\x01\x04\0\x01\0\0\0\xFF\xFF\xFF\x7F", 12);
  EXPECT_STATUS(Decode(tiff), StatusCode::kInvalidArgument, "2147483647 x 2147483647 pixels");
}

TEST(DicomTest, ReadsStoredValues) {
  EXPECT_THAT(Values(Decode(DicomFile().Bytes())), ElementsAre(0, 1, 2, 100, 4094, 4095));
}

TEST(DicomTest, ReadsEightBits) {
  DicomFile file{.rows = 1, .columns = 3, .allocated = 8, .stored = 8, .pixels = {0, 200, 255}};
  EXPECT_THAT(Values(Decode(file.Bytes())), ElementsAre(0, 200, 255));
}

TEST(DicomTest, InvertsMonochrome1WithinItsStoredBits) {
  const DicomFile file{.photometric = "MONOCHROME1"};
  EXPECT_THAT(Values(Decode(file.Bytes())), ElementsAre(4095, 4094, 4093, 3995, 1, 0));
}

TEST(DicomTest, NegativeSlopeInvertsToo) {
  EXPECT_THAT(Values(Decode(DicomFile{.slope = "-2"}.Bytes())),
              ElementsAre(4095, 4094, 4093, 3995, 1, 0));
}

TEST(DicomTest, ExtendsSignOfStoredBitsAndIgnoresWhatLiesAbove) {
  const DicomFile file{.is_signed = 1, .pixels = {0, 2047, 2048, 4095, 0xFFFF, 0xF001}};
  EXPECT_THAT(Values(Decode(file.Bytes())), ElementsAre(0, 2047, -2048, -1, -1, 1));
}

TEST(DicomTest, RefusesWhatItCannotShowAndSaysWhy) {
  const auto refuses = [](const DicomFile& file, std::string_view part) {
    EXPECT_STATUS(Decode(file.Bytes()), StatusCode::kInvalidArgument, std::string(part));
  };
  refuses({.with_pixels = false}, "DICOM without pixels");
  refuses({.photometric = "RGB"}, "photometric interpretation 'RGB', expected MONOCHROME1");
  refuses({.frames = "2"}, "'2' frames, expected one");
  refuses({.samples = 3}, "3 samples a pixel");
  refuses({.stored = 7}, "7 bits stored in 16");
  refuses({.rows = 0}, "3 x 0 pixels, expected 1 to 32768");
  refuses({.rows = 65535}, "65535 pixels, expected 1 to 32768");
  refuses({.rows = 30000}, "30000 x 3 pixels holds 6");
  refuses({.transfer_syntax = "1.2.840.10008.1.2.4.70"},
          "(1.2.840.10008.1.2.4.70) is not supported, expected uncompressed");
}

TEST(PreprocessTest, ClipsAndScalesBetweenPercentiles) {
  // numpy: values 0..100, percentiles 2 and 98 are 2 and 98.
  const torch::Tensor picture =
      torch::arange(0, 121, torch::kFloat32).clamp(0, 100).slice(0, 0, 101);
  const torch::Tensor square = torch::cat({picture, picture.slice(0, 0, 20)}).view({11, 11});
  const torch::Tensor scaled = Preprocess(square, 11);
  EXPECT_EQ(scaled.min().item<float>(), 0);
  EXPECT_EQ(scaled.max().item<float>(), 1);
  EXPECT_EQ(scaled.size(0), 11);
}

TEST(PreprocessTest, ShrinksByTheMeanOfEachArea) {
  // Two flat halves, so that the percentiles are the values themselves; column 1 and 2 mix.
  const torch::Tensor row = torch::tensor({0.0F, 0.0F, 10.0F, 0.0F, 10.0F, 10.0F});
  const torch::Tensor scaled = Preprocess(row.repeat({6, 1}), 3);
  EXPECT_TRUE(torch::allclose(scaled[1], torch::tensor({0.0F, 0.5F, 1.0F})));
}

TEST(PreprocessTest, GrowsBilinearlyAboutPixelCenters) {
  const torch::Tensor row = torch::tensor({0.0F, 10.0F});
  const torch::Tensor scaled = Preprocess(row.repeat({2, 1}), 4);
  EXPECT_TRUE(torch::allclose(scaled[0], torch::tensor({0.0F, 0.25F, 0.75F, 1.0F})));
}

TEST(PreprocessTest, ConstantPictureBecomesZero) {
  EXPECT_EQ(Preprocess(torch::full({5, 7}, 3.0F), 4).abs().max().item<float>(), 0);
}

}  // namespace
}  // namespace consilium
