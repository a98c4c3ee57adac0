#include "common/storage/file_io.h"
#include "tests/integration/small_federation.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(UnreadableImagesTest, ASiteWithBrokenImagesTrainsOnTheRestAndTheRunFinishes) {
  SmallFederation federation(/*rounds=*/1);
  const std::string images = federation.GiveCohort("A");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes png, ReadFile(images + "/image3.png", 1'000'000));
  EXPECT_OK(WriteFileAtomically(images + "/image3.png", ByteView(png).first(png.size() / 2)));
  std::filesystem::remove(images + "/image5.png");

  Process aggregator = federation.StartAggregator("run");
  Process a = federation.StartSite("A", "A");
  Process b = federation.StartSite("B", "B");
  EXPECT_EQ(aggregator.Wait(SmallFederation::kPatience), 0) << aggregator.Errors() << a.Errors();
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 0) << a.Errors();
  EXPECT_EQ(b.Wait(SmallFederation::kPatience), 0) << b.Errors();

  // Of the two, the second has a score.
  EXPECT_THAT(a.Output(), HasSubstr("2 of 24 images are set aside, they cannot be read; prognosis: "
                                    "2 of 24 labelled; brixia: 1 of 12 labelled; see "));
  EXPECT_THAT(a.Output(), Not(HasSubstr(".png")));
  const std::string list = FileText(federation.File("A/small/unreadable-images.txt"));
  EXPECT_THAT(list, HasSubstr("manifest.csv:5: image: image3.png: PNG is cut off"));
  EXPECT_THAT(list, HasSubstr("manifest.csv:7: image: image5.png does not exist"));
  // The declaration as the aggregator keeps it: counts, no names.
  const std::string log = FileText(federation.File("run.state/rounds.sqlite"));
  EXPECT_THAT(log, HasSubstr(R"("set_aside":2)"));
  EXPECT_THAT(log, Not(HasSubstr("image3")));
}

TEST(UnreadableImagesTest, ASiteWithoutAReadableImageIsRefusedAndBothSidesSayWhy) {
  SmallFederation federation(/*rounds=*/1);
  const std::string images = federation.GiveCohort("A");
  for (int i = 0; i < 24; ++i) {
    std::filesystem::remove(images + "/image" + std::to_string(i) + ".png");
  }
  Process aggregator = federation.StartAggregator("run");
  Process a = federation.StartSite("A", "A");
  EXPECT_EQ(a.Wait(SmallFederation::kPatience), 2);
  EXPECT_THAT(a.Errors(), HasSubstr("24 images are set aside because they cannot be read"));
  EXPECT_TRUE(Eventually(
      [&] {
        return aggregator.Output().find("24 images are set aside because they cannot be read") !=
               std::string::npos;
      },
      SmallFederation::kPatience))
      << aggregator.Output();
  EXPECT_THAT(aggregator.Output(), Not(HasSubstr("joined")));
}

}  // namespace
}  // namespace consilium
