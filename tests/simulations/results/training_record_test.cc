#include "simulations/results/training_record.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using ::testing::HasSubstr;

TrainingRecord Sample() {
  TrainingRecord record;
  record.method = "local";
  record.site = "A";
  record.backbone = "resnet18";
  record.seed = 3;
  record.predictions = {{"B", "seed3.B.local.A"}};
  record.validation_loss = {0.1, std::nullopt, 2.0 / 3};
  record.seconds = 1.25;
  record.bytes_to_sites = 12;
  return record;
}

TEST(TrainingRecordTest, WhatIsWrittenIsReadBack) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const TrainingRecord read,
                                 ParseTrainingRecord(FormatTrainingRecord(Sample()), "t.json"));
  EXPECT_EQ(read.site, "A");
  EXPECT_EQ(read.predictions, Sample().predictions);
  EXPECT_EQ(read.validation_loss, Sample().validation_loss);
  EXPECT_EQ(read.seconds, 1.25);
  EXPECT_EQ(read.bytes_to_sites, 12U);
  EXPECT_EQ(read.bytes_from_sites, std::nullopt);
}

TEST(TrainingRecordTest, FaultsNameTheFile) {
  TrainingRecord leads_out = Sample();
  leads_out.predictions.front().second = "../../x";
  for (const std::string& text :
       {std::string("{"), std::string("{}"), FormatTrainingRecord(leads_out)}) {
    const auto read = ParseTrainingRecord(text, "t.json");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(read.status().message(), HasSubstr("t.json: "));
  }
}

}  // namespace
}  // namespace consilium
