#include "common/tensor_file/torch_zip.h"
#include "tests/common/tensor_file/golden_weights.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

TEST(TorchZipAbsentTest, SaysThatThisBuildReadsNoArchive) {
  EXPECT_STATUS(ParseTorchZip(ReadGoldenWeights("plain.pth"), "x.pth"),
                StatusCode::kInvalidArgument,
                "x.pth: is a zip archive, which this build does not read");
}

}  // namespace
}  // namespace consilium
