// The page in a real browser, Debian's chromium.

#include "simulations/report/write_report.h"
#include "tests/simulations/report/sample_study.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Millis kLimit{120'000};

TEST(ChromiumTest, OpensThePageWithoutComplaintAndShowsTheValuesOfSummaryJson) {
  TempFolder folder;
  const std::string study = folder.File("study");
  WriteSampleStudy(study);
  ASSERT_EQ(WriteReport({study}, ""), OkStatus());
  Process browser(
      {CONSILIUM_CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
       "--enable-logging=stderr", "--user-data-dir=" + folder.File("profile"), "--dump-dom",
       "file://" + study + "/report.html"},
      folder.File("browser"));
  ASSERT_EQ(browser.Wait(kLimit).value_or(-1), 0) << browser.Errors();
  EXPECT_THAT(browser.Errors(), Not(HasSubstr("CONSOLE"))) << browser.Errors();
  WriteFile(folder.File("dom.html"), browser.Output());
  Process check({CONSILIUM_PYTHON, std::string(CONSILIUM_TEST_SOURCE_DIR) + "/check_report.py",
                 folder.File("dom.html"), study},
                folder.File("check"));
  EXPECT_EQ(check.Wait(kLimit).value_or(-1), 0) << check.Output() << check.Errors();
}

}  // namespace
}  // namespace consilium
