// Weights and models go to and from Python's torch and torchvision, and compute the same there.

#include "common/storage/file_io.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

constexpr Millis kExchangeLimit{300'000};

class TorchExchangeTest : public ::testing::TestWithParam<std::string> {
 protected:
  /// Expects exit code 0.
  void Run(std::vector<std::string> command) {
    Process process(std::move(command), folder_.File("log" + std::to_string(runs_++)));
    ASSERT_EQ(process.Wait(kExchangeLimit), 0) << process.Errors();
  }
  void RunSim(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-sim");
    Run(std::move(arguments));
  }
  void RunPython(const std::string& script, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {CONSILIUM_PYTHON, std::string(CONSILIUM_TEST_SOURCE_DIR) + "/" + script});
    Run(std::move(arguments));
  }
  std::string File(const std::string& name) { return folder_.File(name); }

  TempFolder folder_;
  int runs_ = 0;
};

TEST_P(TorchExchangeTest, WeightsOfTorchGiveTheSameOutputsHere) {
  RunPython("save_weights.py", {GetParam(), folder_.path()});
  for (const std::string file : {"weights.pth", "legacy.pth", "wrapped.pth"}) {
    RunSim({"backbone", GetParam(), "--weights", File(file), "--input", File("input.safetensors"),
            "--output", File(file + ".safetensors")});
    RunPython("compare_tensors.py", {File(file + ".safetensors"), File("expected.safetensors")});
  }
}

TEST_P(TorchExchangeTest, AModelOfOursGivesTheSameScoresThere) {
  RunSim({"init", "--backbone", GetParam(), "--seed", "5", "--out", File("model.safetensors")});
  const std::vector<std::pair<std::string, std::string>> formats{
      {"pth", "weights.pth"}, {"safetensors", "weights.safetensors"}, {"torchscript", "model.pt"}};
  for (const auto& [format, file] : formats) {
    RunSim(
        {"export", "--model", File("model.safetensors"), "--format", format, "--out", File(file)});
  }
  RunPython("check_export.py", {GetParam(), File("model.safetensors"), File("weights.pth"),
                                File("weights.safetensors"), File("model.pt")});
}

INSTANTIATE_TEST_SUITE_P(Backbones, TorchExchangeTest,
                         testing::Values("resnet18", "densenet121", "googlenet"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace consilium
