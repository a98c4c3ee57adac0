#include "site_client/site_data.h"

#include "common/data/tensor_cache.h"
#include "common/imaging/picture_writer.h"
#include "common/storage/file_io.h"
#include "site_client/set_aside.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace consilium {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Six pictures, of which 0 to 3 have a prognosis and 4 and 5 a score.
class SiteDataTest : public testing::Test {
 protected:
  SiteDataTest() {
    plan_.run = RunId("run");
    plan_.tasks = {*BrixiaTask("zones"), PrognosisTask()};
    plan_.image_size = 8;
    std::string rows = "image,patient_id,center,prognosis,brixia\n";
    for (int i = 0; i < 6; ++i) {
      const std::string number = std::to_string(i);
      EXPECT_OK(WritePng(temp_.File(number + ".png"), std::vector<std::uint16_t>(64), 8, 8));
      rows.append(number).append(".png,p").append(number).append(",A,");
      rows.append(i < 4 ? "mild,\n" : ",012301\n");
    }
    WriteManifest(rows);
  }

  void WriteManifest(const std::string& rows) {
    EXPECT_OK(WriteFileAtomically(temp_.File("m.csv"), AsBytes(rows)));
  }
  void Remove(int image) { std::filesystem::remove(temp_.File(std::to_string(image) + ".png")); }
  Result<std::shared_ptr<const Dataset>> Load() {
    return LoadSiteCohort({temp_.File("m.csv"), "A", 2, nullptr}, plan_);
  }

  TempFolder temp_;
  RunPlan plan_;
  std::string list_ = temp_.File("state/run/list.txt");
};

TEST_F(SiteDataTest, AMissingPictureIsSetAsideAndCountedPerTask) {
  Remove(1);
  Remove(5);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto data, Load());
  EXPECT_EQ(data->samples.size(), 4U);
  EXPECT_EQ(CountSetAside(*data, 0), 1);  // in the plan's order of tasks
  EXPECT_EQ(CountSetAside(*data, 1), 1);
  EXPECT_THAT(SetAsideLines(*data, "LIST"),
              ElementsAre("2 of 6 images are set aside, they cannot be read; brixia: 1 of 2 "
                          "labelled; prognosis: 1 of 4 labelled; see LIST"));
}

TEST_F(SiteDataTest, FilesAndReasonsStandInAListThatGoesWithThem) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto whole, Load());
  EXPECT_THAT(SetAsideLines(*whole, list_), IsEmpty());
  EXPECT_OK(WriteSetAsideList(*whole, list_));
  EXPECT_FALSE(std::filesystem::exists(list_));

  Remove(1);
  EXPECT_OK(WriteFileAtomically(temp_.File("2.png"), AsBytes("no picture")));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto rest, Load());
  EXPECT_OK(WriteSetAsideList(*rest, list_));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes bytes, ReadFile(list_, 10'000));
  EXPECT_THAT(std::string(AsText(bytes)),
              testing::AllOf(HasSubstr("m.csv:3: image: 1.png does not exist"),
                             HasSubstr("m.csv:4: image: 2.png: file is no picture")));
  for (const std::string& line : SetAsideLines(*rest, list_)) {
    EXPECT_THAT(line, testing::Not(HasSubstr(".png")));
  }
  EXPECT_OK(WriteSetAsideList(*whole, list_));
  EXPECT_FALSE(std::filesystem::exists(list_));
}

TEST_F(SiteDataTest, SaysWhichTaskNothingIsLeftOf) {
  Remove(4);
  Remove(5);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto data, Load());
  EXPECT_THAT(SetAsideLines(*data, list_),
              ElementsAre(HasSubstr("brixia: 2 of 2 labelled"),
                          "task brixia: no labelled image can be read, the site cannot train it"));
}

TEST_F(SiteDataTest, ACacheKeepsItsOwnImageSizeAndWhatItsTasksMean) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto data, Load());
  Dataset other = *data;
  other.tasks[1].classes = {"mild", "critical"};
  EXPECT_OK(WriteTensorCache(temp_.File("cache"), other, {0, 1, 4}));
  plan_.image_size = 16;
  plan_.tasks[1].weight = 2;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto read, LoadSiteCache(temp_.File("cache"), plan_));
  EXPECT_EQ(read->images.size(1), 8);
  EXPECT_EQ(read->tasks[1].classes, other.tasks[1].classes);
  EXPECT_EQ(read->tasks[1].weight, 2);
  EXPECT_EQ(read->tasks[0], plan_.tasks[0]);
}

TEST_F(SiteDataTest, AFaultOfTheManifestIsAnError) {
  WriteManifest("image,patient_id,center,prognosis,brixia\n0.png,p0,A,dead,\n");
  EXPECT_STATUS(Load(), StatusCode::kInvalidArgument, "m.csv:2: prognosis: ");
}

}  // namespace
}  // namespace consilium
