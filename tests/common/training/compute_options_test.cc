#include "common/training/compute_options.h"

#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

TEST(SetDevicesTest, OneProcessor) {
  ComputeOptions options;
  ASSERT_OK(SetDevices(options, "cpu"));
  EXPECT_TRUE(options.device.is_cpu());
  EXPECT_TRUE(options.further_devices.empty());
  EXPECT_EQ(DevicesText(options), "cpu");
}

TEST(SetDevicesTest, RefusesADeviceTwice) {
  ComputeOptions options;
  EXPECT_STATUS(SetDevices(options, "cpu,cpu"), StatusCode::kInvalidArgument, "names cpu twice");
}

TEST(SetDevicesTest, RefusesOtherTexts) {
  ComputeOptions options;
  for (const char* text : {"", "cpu,", ",cpu", "gpu", "cpu;cuda:0"}) {
    SCOPED_TRACE(text);
    EXPECT_STATUS(SetDevices(options, text), StatusCode::kInvalidArgument,
                  "expected cpu or cuda:N");
  }
}

}  // namespace
}  // namespace consilium
