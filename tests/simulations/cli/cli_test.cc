// consilium-sim as a person meets it: one clear line for every mistake, and nothing left behind.

#include "common/storage/file_io.h"
#include "tests/simulations/cli/tiff.h"
#include "tests/support/process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace consilium {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Millis kLimit{300'000};

struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

class CliTest : public ::testing::Test {
 protected:
  /// What the program remembers about this machine stays in the test's folder.
  void SetUp() override { ASSERT_EQ(setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1), 0); }

  Ended Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-sim");
    Process process(std::move(arguments), folder_.File("log" + std::to_string(runs_++)));
    const std::optional<int> code = process.Wait(kLimit);
    return {code.value_or(-1), process.Output(), process.Errors()};
  }

  /// Runs `loco` on the cohort of this test and expects one line on standard error, exit code 2
  /// and no output folder.
  void ExpectRefused(const std::string& part, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "loco", "--cohort", folder_.File("manifest.csv"), "--image-size", "32", "--rounds",
        "1",    "--out",    folder_.File("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(part));
    std::string errors;
    std::istringstream lines(ended.err);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("consilium-sim: ")) errors += line + "\n";
    }
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << ended.err;
    EXPECT_FALSE(fs::exists(folder_.File("out")));
  }

  /// Exports a model that the study in `out` kept; expects exit code 0.
  void ExpectExportable(const std::string& model, const std::string& local_state = "") {
    const std::string models = folder_.File("out/models/");
    std::vector<std::string> arguments{"export", "--model", models + model, "--out",
                                       folder_.File("model.pt")};
    if (!local_state.empty()) {
      arguments.insert(arguments.end(), {"--local-state", models + local_state});
    }
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
  }

  void WriteManifest(const std::string& rows,
                     const std::string& header = "image,patient_id,center,prognosis,brixia") {
    std::ofstream(folder_.File("manifest.csv")) << header << "\n" << rows;
  }

  /// Two centers of two patients with both labels, all on one good picture each.
  std::string GoodRows() {
    std::ostringstream rows;
    for (const std::string center : {"A", "B"}) {
      for (int p = 0; p < 4; ++p) {
        const std::string name = center + std::to_string(p);
        WriteTiff(folder_.File(name + ".tif"), p + center.front());
        rows << name << ".tif," << name << ',' << center << ',' << (p % 2 == 0 ? "mild" : "severe")
             << ",012301\n";
      }
    }
    return rows.str();
  }

  TempFolder folder_;
  int runs_ = 0;
};

TEST_F(CliTest, HelpAndVersionSayWhatThisIs) {
  const Ended version = Run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, HasSubstr("consilium-sim 0."));
  EXPECT_THAT(version.out, HasSubstr("commit"));
  EXPECT_THAT(version.out, HasSubstr("LibTorch"));
  const Ended help = Run({"loco", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--weighting"));
}

TEST_F(CliTest, UsageErrorsEndWithTwo) {
  EXPECT_EQ(Run({}).code, 2);
  EXPECT_EQ(Run({"loco", "--rounds", "many"}).code, 2);
  EXPECT_EQ(Run({"loco", "--unknown"}).code, 2);
  EXPECT_THAT(Run({"loco", "--out", folder_.File("out")}).err,
              HasSubstr("exactly one of --cohort"));
}

TEST_F(CliTest, HeaderFaultsAreNamedFirst) {
  WriteManifest("x.png,p,A,wrong\n", "image,patient_id,centre,prognosis");
  ExpectRefused("manifest.csv:1: center");
}

TEST_F(CliTest, ALabelOutsideItsRangeNamesItsLine) {
  WriteManifest(GoodRows() + "more.png,p9,A,mild,012304\n");
  ExpectRefused("manifest.csv:10: brixia");
}

TEST_F(CliTest, ADuplicateImageIsRefused) {
  WriteManifest(GoodRows() + "A0.tif,A0,A,mild,\n");
  ExpectRefused("manifest.csv:10: image");
}

TEST_F(CliTest, APatientInTwoCentersIsRefused) {
  WriteManifest(GoodRows() + "more.png,A0,B,mild,\n");
  ExpectRefused("manifest.csv:10: patient_id");
}

TEST_F(CliTest, AMissingImageIsRefused) {
  WriteManifest(GoodRows() + "missing.png,p9,A,mild,\n");
  ExpectRefused("manifest.csv:10: image");
}

TEST_F(CliTest, AnUnreadablePictureIsRefused) {
  std::ofstream(folder_.File("broken.png")) << "not a picture";
  WriteManifest(GoodRows() + "broken.png,p9,A,mild,\n");
  ExpectRefused("manifest.csv:10: image");
}

TEST_F(CliTest, ADicomWithoutPixelsIsRefused) {
  std::ofstream(folder_.File("empty.dcm"), std::ios::binary) << std::string(128, '\0') + "DICM";
  WriteManifest(GoodRows() + "empty.dcm,p9,A,mild,\n");
  ExpectRefused("manifest.csv:10: image");
}

TEST_F(CliTest, ATaskWithoutLabelsIsRefused) {
  WriteManifest("A0.png,A0,A,mild,\nB0.png,B0,B,severe,\n");
  ExpectRefused("brixia");
}

TEST_F(CliTest, ACohortOfOneCenterIsRefused) {
  WriteManifest("A0.png,A0,A,mild,012301\nA1.png,A1,A,severe,\n");
  ExpectRefused("cohort has one center ('A'), leave-one-center-out needs at least two");
}

TEST_F(CliTest, AnUnknownBackboneIsRefused) {
  WriteManifest(GoodRows());
  ExpectRefused("backbone", {"--backbone", "resnet19"});
}

TEST_F(CliTest, AStrategyAndItsParametersAreHeldTogether) {
  WriteManifest(GoodRows());
  ExpectRefused("strategy: 'luck' is unknown, expected one of fedavg", {"--strategy", "luck"});
  ExpectRefused("strategy.tau: is no parameter of fedavg", {"--tau", "0.5"});
  ExpectRefused("strategy.beta1: expected at least 0 and below 1",
                {"--strategy", "fedadam", "--beta1", "1"});
}

TEST_F(CliTest, AnUnwritableOutputIsRefused) {
  WriteManifest(GoodRows());
  const std::string blocked = folder_.File("manifest.csv") + "/out";
  const Ended ended = Run({"loco", "--cohort", folder_.File("manifest.csv"), "--out", blocked});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr(blocked + ": out: cannot be written"));
}

TEST_F(CliTest, AConfigurationFileNamesItsFaultsByLine) {
  std::ofstream(folder_.File("c.yaml")) << "rounds: 1\nround: 2\n";
  WriteManifest(GoodRows());
  ExpectRefused("c.yaml:2: round", {"--config", folder_.File("c.yaml")});
  std::ofstream(folder_.File("d.yaml")) << "seed: 1\nbatch-size: ten\n";
  ExpectRefused("d.yaml:2: batch-size: 'ten' is not valid, expected",
                {"--config", folder_.File("d.yaml")});
}

TEST_F(CliTest, ASmallStudyOfPicturesEndsWithItsFiles) {
  WriteManifest(GoodRows());
  std::ofstream(folder_.File("c.yaml"))
      << "methods: [stl, mdmt-federated]\nbackbone: mobilenet_v2\nrounds: 7\nimage-size: 32\n";
  const Ended ended =
      Run({"loco", "--cohort", folder_.File("manifest.csv"), "--config", folder_.File("c.yaml"),
           "--rounds", "1", "--keep-models", "--out", folder_.File("out")});
  ASSERT_EQ(ended.code, 0) << ended.err;
  ExpectExportable("seed1.stl.A.safetensors");
  ExpectExportable("seed1.mdmt-federated.A.safetensors", "seed1.mdmt-federated.A.B.safetensors");
  EXPECT_THAT(ended.out, HasSubstr("mdmt-federated"));
  const auto summary = nlohmann::json::parse(FileText(folder_.File("out/summary.json")));
  EXPECT_EQ(summary["rows"].size(), 8U);  // 2 methods x 2 centers x 2 tasks
  // What `auto` became stands in the rows and in the settings that a resumed study is held against.
  const std::string precision = summary["rows"][0]["precision"];
  EXPECT_THAT(precision, testing::AnyOf("fp32", "bf16"));
  EXPECT_EQ(nlohmann::json::parse(FileText(folder_.File("out/settings.json")))["precision"],
            precision);
  for (const std::string file :
       {"summary.csv", "report.md", "report.html", "study.json", "settings.json"}) {
    EXPECT_TRUE(fs::exists(folder_.File("out/" + file))) << file;
  }
  EXPECT_THAT(FileText(folder_.File("out/settings.json")), HasSubstr("\"rounds\": \"1\""));
}

/// The command that a page gives for repeating its study.
std::string RepeatCommandOf(const std::string& page) {
  const std::size_t from = page.find("<pre><code>") + std::string_view("<pre><code>").size();
  std::string command = page.substr(from, page.find("</code>", from) - from);
  for (const auto& [entity, character] :
       {std::pair{"&#39;", "'"}, std::pair{"&lt;", "<"}, std::pair{"&amp;", "&"}}) {
    for (std::size_t at = 0; (at = command.find(entity, at)) != std::string::npos; ++at) {
      command.replace(at, std::strlen(entity), character);
    }
  }
  return command;
}

TEST_F(CliTest, TheCommandInAReportRepeatsItsStudyAndBothCompare) {
  WriteManifest(GoodRows());
  const std::string out = folder_.File("out");
  const Ended first = Run({"loco", "--cohort", folder_.File("manifest.csv"), "--methods", "stl",
                           "--backbone", "squeezenet1_1", "--image-size", "32", "--rounds", "1",
                           "--dropout", "0.25", "--no-augment", "--out", out});
  ASSERT_EQ(first.code, 0) << first.err;
  std::error_code error;
  ASSERT_TRUE(fs::remove(out + "/report.html", error));
  ASSERT_EQ(Run({"report", out}).code, 0);
  std::string shell = "PATH=";
  shell.append(CONSILIUM_PROGRAM_DIR).append(":$PATH && cd ").append(folder_.path());
  shell.append(" && ").append(RepeatCommandOf(FileText(out + "/report.html")));
  Process repeat({"/bin/sh", "-c", shell}, folder_.File("repeat"));
  ASSERT_EQ(repeat.Wait(kLimit).value_or(-1), 0) << shell << repeat.Errors();
  for (const std::string file : {"/settings.json", "/summary.csv"}) {
    EXPECT_EQ(FileText(folder_.File("repeated" + file)), FileText(out + file));
  }
  const Ended both =
      Run({"report", out, folder_.File("repeated"), "--out", folder_.File("both.html")});
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_THAT(FileText(folder_.File("both.html")), HasSubstr("data-study=\"repeated\""));
}

TEST_F(CliTest, AReportOfNoStudyIsOneLine) {
  const Ended ended = Run({"report", folder_.File("none")});
  EXPECT_THAT(ended.err, HasSubstr("none/summary.json: no such file"));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
  EXPECT_EQ(Run({"report"}).code, 2);
}

TEST_F(CliTest, ExportedWeightsAreReadBack) {
  const std::string model = folder_.File("model.safetensors");
  const std::vector<std::string> init{"init", "--backbone", "mobilenet_v2", "--out", model};
  const Ended first = Run(init);
  ASSERT_EQ(first.code, 0) << first.err;
  for (const std::string format : {"pth", "safetensors"}) {
    const std::string weights = folder_.File("weights." + format);
    ASSERT_EQ(Run({"export", "--model", model, "--format", format, "--out", weights}).code, 0);
    std::vector<std::string> again = init;
    again.insert(again.end(), {"--weights", weights});
    const Ended second = Run(again);
    EXPECT_EQ(second.code, 0) << second.err;
    EXPECT_EQ(second.out, first.out) << format;
  }
}

TEST_F(CliTest, BackbonesAreListedAsATableAndAsJson) {
  const Ended table = Run({"backbones"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("densenet121"));
  EXPECT_THAT(table.out, HasSubstr("resnet50_ChestX-ray14"));
  const auto json = nlohmann::json::parse(Run({"backbones", "--json"}).out);
  const auto& first = json["backbones"][0];
  EXPECT_EQ(first["name"], "resnet18");
  EXPECT_EQ(first["feature_width"], 512);
  EXPECT_EQ(first["parameters"], 11'176'512);
  EXPECT_EQ(first["mean"].dump(), "[0.485,0.456,0.406]");
  EXPECT_EQ(json["aliases"][0]["backbone"], "resnet50");
}

TEST_F(CliTest, AnAliasWithoutItsWeightsIsRefused) {
  WriteManifest(GoodRows());
  ExpectRefused("weights: backbone 'densenet121_CXR' means densenet121 with weights of its own",
                {"--backbone", "densenet121_CXR"});
}

TEST_F(CliTest, ABackboneIsComputedOnlyFromWeightsAndAnInput) {
  const std::string input = folder_.File("in");
  const std::string output = folder_.File("out");
  const auto refused = [&](std::vector<std::string> more, const std::string& part) {
    std::vector<std::string> arguments{"backbone", "resnet18", "--input",
                                       input,      "--output", output};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(part));
    EXPECT_FALSE(fs::exists(output));
  };
  refused({}, "weights: none given");
  refused({"--fill"}, input);
  ASSERT_EQ(Run({"init", "--backbone", "mobilenet_v2", "--out", input}).code, 0);
  refused({"--fill"}, "holds no tensor 'input'");
}

TEST_F(CliTest, ExportNamesWhatAModelLacks) {
  const std::string model = folder_.File("model.safetensors");
  const std::string out = folder_.File("model.pt");
  ASSERT_EQ(Run({"init", "--backbone", "mobilenet_v2", "--out", model}).code, 0);
  const Ended weights = Run({"export", "--model", model, "--format", "safetensors", "--out", out});
  ASSERT_EQ(weights.code, 0) << weights.err;
  const Ended headless = Run({"export", "--model", out, "--out", folder_.File("x")});
  EXPECT_EQ(headless.code, 2);
  EXPECT_THAT(headless.err, HasSubstr(out + ": "));
  const Ended format = Run({"export", "--model", model, "--format", "onnx", "--out", out});
  EXPECT_EQ(format.code, 2);
  EXPECT_THAT(format.err, HasSubstr("format: 'onnx' is unknown"));
  const Ended missing = Run({"export", "--model", folder_.File("none"), "--out", out});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("model: " + folder_.File("none")));
}

TEST_F(CliTest, InitWritesTheModelItNames) {
  const std::string model = folder_.File("model.safetensors");
  const Ended first = Run({"init", "--backbone", "mobilenet_v2", "--seed", "3", "--out", model});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_TRUE(fs::exists(model));
  const Ended again = Run({"init", "--backbone", "mobilenet_v2", "--seed", "3", "--out", model});
  EXPECT_EQ(first.out, again.out);
  const Ended other = Run({"init", "--backbone", "mobilenet_v2", "--seed", "4", "--out", model});
  EXPECT_NE(first.out.substr(0, 64), other.out.substr(0, 64));
}

TEST_F(CliTest, StudyRefusesWhatDoesNotGoTogether) {
  WriteManifest(GoodRows());
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"study", "--cohort", folder_.File("manifest.csv"),
                                          "--out", folder_.File("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_FALSE(fs::exists(folder_.File("out")));
    return ended.err;
  };
  EXPECT_THAT(refused({"--protocol", "loco7"}), HasSubstr("expected one of loco, loco6"));
  EXPECT_THAT(refused({"--protocol", "loco6"}), HasSubstr("expect 6 and 3"));
  EXPECT_THAT(refused({"--preset", "papers"}), HasSubstr("expected paper or published-settings"));
  EXPECT_THAT(refused({"--folds-mode", "wrong"}), HasSubstr("corrected or as-published"));
  EXPECT_THAT(refused({"--folds", "lists"}), HasSubstr("folds: protocol loco"));
  EXPECT_THAT(
      refused({"--folds", "no-such-folder", "--protocol", "cv"}),
      ::testing::AllOf(HasSubstr("no-such-folder"), ::testing::Not(HasSubstr("manifest.csv"))));
  EXPECT_EQ(Run({"loco", "--protocol", "cv"}).code, 2);
}

TEST_F(CliTest, WhatIsGivenBesidesAPresetWinsAndIsReported) {
  WriteManifest(GoodRows());
  const Ended ended = Run({"study", "--protocol", "holdout", "--preset", "paper", "--cohort",
                           folder_.File("manifest.csv"), "--backbone", "shufflenet_v2_x0_5",
                           "--image-size", "32", "--epochs", "1", "--learning-rate", "0.001",
                           "--methods", "stl", "--out", folder_.File("out")});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::ifstream file(folder_.File("out/summary.json"));
  const auto summary = nlohmann::json::parse(file);
  EXPECT_EQ(summary["protocol"], "holdout");
  EXPECT_EQ(summary["preset"]["name"], "paper");
  std::vector<std::string> options;
  for (const auto& row : summary["preset"]["differences"]) options.push_back(row["option"]);
  EXPECT_THAT(options, ::testing::ElementsAre("methods", "image-size", "epochs"));
}

}  // namespace
}  // namespace consilium
