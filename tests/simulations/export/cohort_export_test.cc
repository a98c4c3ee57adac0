#include "simulations/export/cohort_export.h"

#include "common/data/manifest.h"
#include "common/imaging/cohort_loader.h"
#include "common/storage/file_io.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <torch/types.h>

#include <filesystem>

namespace consilium {
namespace {

class CohortExportTest : public testing::Test {
 protected:
  TempFolder temp_;
  std::string folder_ = temp_.File("cohort");
  std::vector<TaskSpec> tasks_ = {PrognosisTask(), BrixiaTask("zones").value()};
  CohortExportOptions options_{
      .cohort = {.seed = 5, .scale = 0.001, .image_size = 24, .threads = 2}};
};

TEST_F(CohortExportTest, ReadsBackAsTheCohortInMemory) {
  ASSERT_OK(WriteSyntheticCohort(folder_, options_, tasks_));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Manifest manifest,
                                 ReadManifest(folder_ + "/manifest.csv", tasks_));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset read, LoadCohort(manifest, {.image_size = 24}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset made, MakeSyntheticCohort(options_.cohort, tasks_));
  EXPECT_TRUE(torch::equal(read.images, made.images));
  ASSERT_EQ(read.samples.size(), made.samples.size());
  for (std::size_t i = 0; i < read.samples.size(); ++i) {
    EXPECT_EQ(read.samples[i].image, made.samples[i].image);
    EXPECT_EQ(read.samples[i].patient, made.samples[i].patient);
    EXPECT_EQ(read.samples[i].labels, made.samples[i].labels);
  }
}

TEST_F(CohortExportTest, KeepsACohortThatIsThere) {
  ASSERT_OK(WriteSyntheticCohort(folder_, options_, tasks_));
  EXPECT_STATUS(WriteSyntheticCohort(folder_, options_, tasks_), StatusCode::kInvalidArgument,
                "holds a manifest already");
}

TEST_F(CohortExportTest, RefusesFolderThatCannotBeMade) {
  ASSERT_OK(WriteFileAtomically(folder_, AsBytes("a file")));
  EXPECT_STATUS(WriteSyntheticCohort(folder_, options_, tasks_), StatusCode::kInvalidArgument,
                "cannot be written");
}

TEST_F(CohortExportTest, LeavesNoManifestWhenInterrupted) {
  Interrupt interrupt;
  interrupt.Request();
  options_.interrupt = &interrupt;
  EXPECT_STATUS(WriteSyntheticCohort(folder_, options_, tasks_), StatusCode::kCancelled,
                "interrupted");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/manifest.csv"));
}

}  // namespace
}  // namespace consilium
