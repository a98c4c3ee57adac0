#include "common/imaging/cohort_loader.h"

#include "common/imaging/picture_writer.h"
#include "common/storage/file_io.h"
#include "tests/common/imaging/dicom_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <torch/types.h>

#include <filesystem>

namespace consilium {
namespace {

class CohortLoaderTest : public testing::Test {
 protected:
  CohortLoaderTest() {
    manifest_.path = folder_ + "/m.csv";
    manifest_.folder = folder_;
    manifest_.tasks = {PrognosisTask()};
    for (int i = 0; i < 6; ++i) {
      std::vector<std::uint16_t> pixels(64);
      for (std::size_t p = 0; p < pixels.size(); ++p) {
        pixels[p] = static_cast<std::uint16_t>(p * static_cast<std::size_t>(i + 1));
      }
      const std::string name = std::to_string(i) + ".png";
      EXPECT_OK(WritePng(folder_ + "/" + name, pixels, 8, 8));
      manifest_.samples.push_back({name, "p" + name, "A", {{0}}});
      manifest_.lines.push_back(i + 2);
    }
  }

  TempFolder temp_;
  std::string folder_ = temp_.path();
  Manifest manifest_;
};

TEST_F(CohortLoaderTest, LoadsPicturesInOrderWhateverTheThreads) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset one, LoadCohort(manifest_, {.image_size = 4}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset three,
                                 LoadCohort(manifest_, {.image_size = 4, .threads = 3}));
  EXPECT_EQ(one.samples.size(), 6U);
  EXPECT_EQ(one.images.size(0), 6);
  EXPECT_EQ(one.images.size(2), 4);
  EXPECT_TRUE(torch::equal(one.images, three.images));
}

TEST_F(CohortLoaderTest, ReportsFirstFaultyPictureOfTheManifest) {
  std::filesystem::remove(folder_ + "/4.png");
  EXPECT_OK(WriteFileAtomically(folder_ + "/2.png", AsBytes("text")));
  const Result<Dataset> loaded = LoadCohort(manifest_, {.image_size = 4, .threads = 3});
  EXPECT_STATUS(loaded, StatusCode::kInvalidArgument,
                "m.csv:4: image: 2.png: file is no picture that can be read");
}

TEST_F(CohortLoaderTest, NamesMissingPicture) {
  std::filesystem::remove(folder_ + "/4.png");
  EXPECT_STATUS(LoadCohort(manifest_, {.image_size = 4}), StatusCode::kInvalidArgument,
                "m.csv:6: image: 4.png does not exist, expected a file relative to");
}

TEST_F(CohortLoaderTest, SetsAsideWhatCannotBeReadAndKeepsTheRestInOrder) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset whole, LoadCohort(manifest_, {.image_size = 4}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes png, ReadFile(folder_ + "/1.png", 1'000'000));
  EXPECT_OK(WriteFileAtomically(folder_ + "/1.png", ByteView(png).first(png.size() / 2)));
  std::filesystem::remove(folder_ + "/3.png");
  const std::string dicom = DicomFile().Bytes();
  EXPECT_OK(WriteFileAtomically(folder_ + "/4.png", AsBytes(dicom.substr(0, dicom.size() - 3))));
  manifest_.samples[4].labels = {{}};

  for (const int threads : {1, 3}) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        const Dataset read, LoadCohort(manifest_, {.image_size = 4,
                                                   .threads = threads,
                                                   .unreadable = UnreadablePictures::kSetAside}));
    ASSERT_EQ(read.samples.size(), 3U);
    EXPECT_EQ(read.samples[1].image, "2.png");
    const torch::Tensor kept = torch::tensor({0, 2, 5});
    EXPECT_TRUE(torch::equal(read.images, whole.images.index_select(0, kept)));
    ASSERT_EQ(read.set_aside.size(), 3U);
    EXPECT_THAT(read.set_aside[0].reason,
                testing::HasSubstr("m.csv:3: image: 1.png: PNG is cut off"));
    EXPECT_THAT(read.set_aside[1].reason, testing::HasSubstr("3.png does not exist"));
    EXPECT_THAT(read.set_aside[2].reason, testing::HasSubstr("4.png: DICOM"));
    EXPECT_EQ(read.set_aside[2].sample.patient, "p4.png");
    EXPECT_EQ(CountSetAside(read, 0), 2);
  }
}

TEST_F(CohortLoaderTest, ACohortOfUnreadablePicturesIsEmptyIfTheyAreSetAside) {
  for (const Sample& sample : manifest_.samples) {
    std::filesystem::remove(folder_ + "/" + sample.image);
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Dataset read,
      LoadCohort(manifest_, {.image_size = 4, .unreadable = UnreadablePictures::kSetAside}));
  EXPECT_TRUE(read.samples.empty());
  EXPECT_EQ(read.images.size(0), 0);
  EXPECT_EQ(read.set_aside.size(), 6U);
}

TEST_F(CohortLoaderTest, StopsWhenInterrupted) {
  Interrupt interrupt;
  interrupt.Request();
  EXPECT_STATUS(LoadCohort(manifest_, {.image_size = 4, .interrupt = &interrupt}),
                StatusCode::kCancelled, "interrupted");
}

TEST_F(CohortLoaderTest, TellsHowFarItIs) {
  std::vector<std::int64_t> seen;
  CohortLoadOptions options{.image_size = 4};
  options.on_picture = [&](std::int64_t done, std::int64_t all) {
    EXPECT_EQ(all, 6);
    seen.push_back(done);
  };
  EXPECT_OK(LoadCohort(manifest_, options));
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

}  // namespace
}  // namespace consilium
