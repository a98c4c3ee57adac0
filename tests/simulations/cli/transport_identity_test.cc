// The same federated study in this process and as real programs over mutual TLS: the same bits.

#include "tests/simulations/cli/tiff.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace consilium {
namespace {

constexpr Millis kTransportLimit{300'000};

class TransportIdentityTest : public ::testing::Test {
 protected:
  /// Three prognosis centers, one of them with Brixia scores too, and a severity center.
  void SetUp() override {
    std::ofstream manifest(folder_.File("manifest.csv"));
    manifest << "image,patient_id,center,prognosis,brixia\n";
    for (const std::string center : {"A", "B", "C", "X"}) {
      for (int p = 0; p < 6; ++p) {
        const std::string patient = center + std::to_string(p);
        WriteTiff(folder_.File(patient + ".tif"), p + center.front());
        manifest << patient << ".tif," << patient << "," << center << ","
                 << (center == "X" ? "" : (p % 2 == 0 ? "mild" : "severe")) << ","
                 << (center == "X" || center == "A" ? "012301" : "") << "\n";
      }
    }
  }

  /// model_sha256 of each left-out center.
  std::map<std::string, std::string> Models(const std::string& transport) {
    const std::string out = folder_.File("out" + std::to_string(runs_++));
    Process process({std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-sim",
                     "loco",
                     "--cohort",
                     folder_.File("manifest.csv"),
                     "--image-size",
                     "32",
                     "--backbone",
                     "mobilenet_v2",
                     "--methods",
                     "mdmt-federated",
                     "--rounds",
                     "2",
                     "--threads",
                     "1",
                     "--precision",
                     "fp32",
                     "--transport",
                     transport,
                     "--out",
                     out},
                    out + ".log");
    EXPECT_EQ(process.Wait(kTransportLimit), 0) << process.Errors();
    const auto summary = nlohmann::json::parse(FileText(out + "/summary.json"), nullptr, false);
    std::map<std::string, std::string> models;
    if (!summary.is_object()) return models;
    for (const auto& row : summary["rows"]) models[row["left_out"]] = row["model_sha256"];
    return models;
  }

  TempFolder folder_;
  int runs_ = 0;
};

TEST_F(TransportIdentityTest, ProcessesAndThreadsGiveEqualModels) {
  const auto in_process = Models("in-process");
  EXPECT_EQ(in_process.size(), 3U);
  EXPECT_EQ(Models("grpc"), in_process);
  EXPECT_EQ(Models("in-process"), in_process);
}

}  // namespace
}  // namespace consilium
