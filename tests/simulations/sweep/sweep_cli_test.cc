// consilium-sim plan, run and collect as a person meets them, with real trainings.

#include "common/base/random_stream.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Millis kLimit{250'000};
/// Four jobs of a second or so.
constexpr const char* kTinySweep =
    "methods: [stl, mdmt-federated]\nseeds: [1, 2]\nbackbone: squeezenet1_1\nsynthetic: true\n"
    "scale: 0.003\nimage-size: 32\nrounds: 1\nno-augment: true\nprecision: fp32\n";

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

class SweepCliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(setenv("XDG_CACHE_HOME", temp_.path().c_str(), 1), 0);
    WriteSweep(kTinySweep);
  }

  void WriteSweep(const std::string& yaml) { std::ofstream(Sweep()) << yaml; }
  std::string Sweep() { return temp_.File("sweep.yaml"); }

  std::vector<std::string> Command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-sim");
    return arguments;
  }
  Ended RunCommand(std::vector<std::string> command) {
    Process process(std::move(command), temp_.File("log" + std::to_string(runs_++)));
    const std::optional<int> code = process.Wait(kLimit);
    return {code.value_or(-1), process.Output(), process.Errors()};
  }
  Ended Run(std::vector<std::string> arguments) {
    return RunCommand(Command(std::move(arguments)));
  }

  void ExpectDone(const std::string& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", Sweep(), "--out", temp_.File(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
  }

  /// Whether a file of a study shows how long its trainings took.
  static bool ShowsTimes(const std::string& name) {
    return name.ends_with("report.html") || name.find("/report/tables/cost.") != name.npos;
  }
  /// A training's record (trainings/ID.json) without the time it took.
  static std::string WithoutTimes(const std::string& record) {
    auto json = nlohmann::json::parse(record);
    json.erase("seconds");
    return json.dump();
  }

  /// Every file that a sweep of four jobs leaves, but what the jobs took and said.
  std::map<std::string, std::string> FilesOf(const std::string& out) {
    const Ended collected = Run({"collect", temp_.File(out)});
    EXPECT_THAT(collected.out, HasSubstr("4 of 4 jobs collected")) << collected.err;
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(temp_.File(out))) {
      const std::string name = fs::relative(entry.path(), temp_.File(out)).string();
      const std::string top = name.substr(0, name.find('/'));
      if (!entry.is_regular_file() || top == "done" || top == "logs" || top == "locks") continue;
      if (ShowsTimes(name)) continue;
      const std::string text = FileText(entry.path().string());
      files[name] = name.find("/trainings/") == name.npos ? text : WithoutTimes(text);
    }
    EXPECT_GT(files.size(), 4U * 4);
    return files;
  }
  void ExpectSameFiles(const std::map<std::string, std::string>& one,
                       const std::map<std::string, std::string>& other) {
    ASSERT_EQ(one.size(), other.size());
    for (const auto& [name, text] : one) {
      const auto found = other.find(name);
      ASSERT_NE(found, other.end()) << name;
      EXPECT_TRUE(found->second == text) << name << " differs";
    }
  }

  TempFolder temp_;
  int runs_ = 0;
};

TEST_F(SweepCliTest, EveryWrongFieldIsNamedBeforeAnyJobStarts) {
  WriteSweep(
      "methods: [stl, magic]\nbackbones:\n  - squeezenet1_1\n  - resnet1\nimage-size: big\n"
      "synthetic: true\nrounds: 0\n");
  const Ended ended = Run({"run", Sweep(), "--out", temp_.File("out")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("sweep.yaml:1: methods: 'magic' is unknown, expected one of "
                                   "local, stl"));
  EXPECT_THAT(ended.err, HasSubstr("sweep.yaml:4: backbone: backbone 'resnet1' is unknown"));
  EXPECT_THAT(ended.err, HasSubstr("sweep.yaml:5: image-size: 'big' is not valid, expected"));
  EXPECT_THAT(ended.err, HasSubstr("sweep.yaml:7: rounds: "));
  EXPECT_FALSE(fs::exists(temp_.File("out")));
}

TEST_F(SweepCliTest, ContradictoryOptionsAreRefusedBeforeAnyJobStarts) {
  const std::string more[][2] = {
      {"tensor-cache: x.bin\n", "exactly one of cohort, tensor-cache, synthetic"},
      {"beta1: 0.5\n", "sweep.yaml:10: beta1"},
      {"heads: everywhere\n", "sweep.yaml:10: heads: 'everywhere' is unknown"},
      {"out: there\n", "sweep.yaml:10: out: no such option"},
      {"weights: gone.pth\n", "sweep.yaml:10: weights: gone.pth: cannot be read"}};
  for (const auto& [line, fault] : more) {
    WriteSweep(std::string(kTinySweep) + line);
    const Ended ended = Run({"run", Sweep(), "--out", temp_.File("out")});
    EXPECT_EQ(ended.code, 2) << line;
    EXPECT_THAT(ended.err, HasSubstr(fault));
    EXPECT_FALSE(fs::exists(temp_.File("out")));
  }
}

TEST_F(SweepCliTest, ASweepThatWasKilledEndsAsOneThatWasLeftAlone) {
  ExpectDone("alone");
  RandomStream stream(StreamSeed(1, {"kill"}));
  for (int kill = 0; kill < 3; ++kill) {
    Process process(Command({"run", Sweep(), "--out", temp_.File("killed")}), temp_.File("kill"));
    process.Wait(Millis(static_cast<std::int64_t>(stream.Below(2500))));
    process.Kill();
  }
  ExpectDone("killed");
  ExpectSameFiles(FilesOf("alone"), FilesOf("killed"));
}

TEST_F(SweepCliTest, ShardsAndASlurmArrayGiveTheFilesOfOneProcess) {
  ExpectDone("one", {"--jobs", "1"});
  const auto one = FilesOf("one");
  ExpectDone("shards", {"--shard", "2/2"});
  ExpectDone("shards", {"--shard", "1/2"});
  ExpectSameFiles(one, FilesOf("shards"));
  const std::string script = temp_.File("array.sh");
  const Ended planned = Run({"plan", Sweep(), "--out", temp_.File("array"), "--shards", "2",
                             "--jobs", "1", "--calibration-steps", "0", "--slurm", script});
  ASSERT_EQ(planned.code, 0) << planned.err;
  const Ended slurm = RunCommand({std::string(CONSILIUM_TEST_SOURCE_DIR) + "/one_node_slurm.sh",
                                  temp_.File("cluster"), "sbatch", "--wait", "--output",
                                  temp_.File("task-%a.log"), script});
  EXPECT_EQ(slurm.code, 0) << slurm.err << FileText(temp_.File("task-1.log"));
  ExpectSameFiles(one, FilesOf("array"));
}

TEST_F(SweepCliTest, ThePlanKnowsJobsHoursMemoryAndDisk) {
  const Ended planned = Run({"plan", Sweep(), "--calibration-steps", "1", "--json"});
  ASSERT_EQ(planned.code, 0) << planned.err;
  const auto plan = nlohmann::json::parse(planned.out);
  ASSERT_EQ(plan.at("jobs").size(), 4U);
  for (const auto& job : plan.at("jobs")) {
    EXPECT_GT(job.at("trainings").get<int>(), 1);
    EXPECT_GT(job.at("images").get<double>(), 0);
    EXPECT_GT(job.at("hours").get<double>(), 0);
    EXPECT_GT(job.at("memory_mib").get<double>(), 50);
    EXPECT_GT(job.at("disk_mib").get<double>(), 0);
  }
  EXPECT_EQ(plan.at("total").at("jobs_left"), 4);
}

}  // namespace
}  // namespace consilium
