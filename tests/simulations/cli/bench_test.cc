// consilium-sim bench train, as a person or a script calls it.

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace consilium {
namespace {

using ::testing::HasSubstr;

constexpr Millis kBenchLimit{300'000};

class BenchTest : public ::testing::Test {
 protected:
  /// Runs `bench train` and gives its exit code.
  int Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-sim", "bench",
                                     "train"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process process(std::move(command), folder_.File("log"));
    const int code = process.Wait(kBenchLimit).value_or(-1);
    out_ = process.Output();
    err_ = process.Errors();
    return code;
  }

  TempFolder folder_;
  std::string out_;
  std::string err_;
};

const std::vector<std::string> kSmall{"--backbone", "resnet18", "--image-size", "64",
                                      "--batch",    "2",        "--steps",      "2",
                                      "--threads",  "1"};

TEST_F(BenchTest, JsonIsOneObjectWhosePartsAddUpToAStep) {
  std::vector<std::string> arguments = kSmall;
  arguments.insert(arguments.end(), {"--json", "--no-augment", "--precision", "fp32"});
  ASSERT_EQ(Run(arguments), 0) << err_;
  const auto json = nlohmann::json::parse(out_);
  for (const char* key : {"images_per_second", "images_per_second_min", "images_per_second_max",
                          "gflops", "gemm_peak_gflops", "gemm_share", "peak_rss_mib"}) {
    ASSERT_TRUE(json.contains(key)) << key;
    EXPECT_GT(json[key], 0) << key;
  }
  EXPECT_EQ(json["precision"], "fp32");
  EXPECT_EQ(json["backbone"], "resnet18");
  EXPECT_EQ(json["image_size"], 64);
  EXPECT_EQ(json["batch"], 2);
  EXPECT_EQ(json["steps"], 2);
  EXPECT_EQ(json["threads"], 1);
  EXPECT_EQ(json["device"], "cpu");
  double seconds = 0;
  double shares = 0;
  for (const char* part : {"waiting", "forward", "loss", "backward", "optimizer", "other"}) {
    seconds += json["breakdown"][part].get<double>();
    shares += json["breakdown_share"][part].get<double>();
  }
  EXPECT_NEAR(seconds, json["step_seconds"], 0.02 * json["step_seconds"].get<double>());
  EXPECT_NEAR(shares, 1, 0.02);
  EXPECT_GE(json["breakdown"]["data"], 0);
  EXPECT_GE(json["breakdown_share"]["data"], 0);
}

TEST_F(BenchTest, TableSaysWhatRanAndWhereTheTimeWent) {
  ASSERT_EQ(Run(kSmall), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("resnet18, 64 x 64 pixels, batch 2"));
  EXPECT_THAT(out_, HasSubstr("where a step's time goes"));
}

TEST_F(BenchTest, WrongOptionsGiveOneLineAndTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--precision", "fp8"}, "precision 'fp8' is unknown"},
      {{"--precision", "fp16"}, "fp16 needs a GPU"},
      {{"--device", "tpu"}, "device 'tpu' is unknown"},
      {{"--backbone", "resnet"}, "backbone 'resnet' is unknown"},
      {{"--batch", "0"}, "batch: 0 is outside its range"},
      {{"--image-size", "8"}, "image-size: 8 is outside its range"},
      {{"--steps", "few"}, "--steps"}};
  for (const auto& [arguments, part] : cases) {
    EXPECT_EQ(Run(arguments), 2) << part;
    EXPECT_THAT(err_, HasSubstr(part));
    EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1) << err_;
    EXPECT_EQ(out_, "");
  }
}

}  // namespace
}  // namespace consilium
