#include "common/tensor_file/model_metadata.h"

#include "tests/support/status_matchers.h"

#include <nlohmann/json.hpp>

namespace consilium {
namespace {

ModelMetadata Example() {
  ModelMetadata metadata;
  metadata.backbone = "resnet18";
  metadata.tasks = {PrognosisTask(), BrixiaTask("zones").value(), BrixiaTask("lungs").value()};
  metadata.tasks[2].id = TaskId("lungs");
  metadata.tasks[2].weight = 0.25;
  metadata.heads = HeadsMode::kShared;
  metadata.image_size = 128;
  metadata.input = InputStatistics{};
  metadata.run = "trial";
  metadata.round = 7;
  metadata.metrics = {{"validation_loss", 0.1}};
  metadata.model_sha256 = "ab";
  metadata.parent_sha256 = "cd";
  return metadata;
}

TEST(ModelMetadataTest, EverythingIsReadBack) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const ModelMetadata read,
                                 ParseModelMetadata(FormatModelMetadata(Example())));
  EXPECT_EQ(read, Example());
}

TEST(ModelMetadataTest, WhatIsNotKnownIsLeftOut) {
  ModelMetadata metadata = Example();
  metadata.input.reset();
  metadata.round.reset();
  metadata.metrics.clear();
  metadata.model_sha256.clear();
  metadata.parent_sha256.clear();
  const auto text = FormatModelMetadata(metadata);
  for (const char* key : {"round", "metrics", "model_sha256", "parent_sha256"}) {
    EXPECT_FALSE(text.contains(key)) << key;
  }
  EXPECT_EQ(ParseModelMetadata(text).value(), metadata);
}

TEST(ModelMetadataTest, StatisticsKeepTheirShortDecimals) {
  const std::string text = FormatModelMetadata(Example()).at("preprocessing");
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("mean").dump(), "[0.485,0.456,0.406]") << text;
  EXPECT_EQ(json.at("clip_percentiles").dump(), "[2,98]");
}

TEST(ModelMetadataTest, ARunPassesOnTheInputOfItsFirstModel) {
  ModelMetadata first = Example();
  first.input = InputStatistics{{0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}};
  RunPlan plan;
  plan.run = RunId("next");
  plan.backbone = "efficientnet_b1_pruned";
  plan.tasks = {PrognosisTask()};
  const ModelMetadata metadata = MetadataOf(plan, FormatModelMetadata(first));
  EXPECT_EQ(metadata.input, first.input);
  EXPECT_EQ(metadata.run, "next");
  EXPECT_EQ(metadata.backbone, "efficientnet_b1_pruned");
  EXPECT_FALSE(metadata.round.has_value());
  EXPECT_FALSE(MetadataOf(plan, {{"made", "elsewhere"}}).input.has_value());
}

TEST(ModelMetadataTest, ForeignMetadataAreRefusedByKey) {
  EXPECT_STATUS(ParseModelMetadata({{"format", "pt"}}), StatusCode::kInvalidArgument,
                "names no backbone");
  for (const auto& [key, value] : std::map<std::string, std::string>{{"tasks", "[{\"id\":3}]"},
                                                                     {"tasks", "nothing"},
                                                                     {"preprocessing", "{}"},
                                                                     {"round", "\"first\""},
                                                                     {"metrics", "[1]"}}) {
    auto text = FormatModelMetadata(Example());
    text[key] = value;
    EXPECT_STATUS(ParseModelMetadata(text), StatusCode::kInvalidArgument, "metadata '" + key + "'");
  }
}

TEST(ModelMetadataTest, ATaskOfUnknownKindIsNamed) {
  auto text = FormatModelMetadata(Example());
  text["tasks"] = R"([{"id": "age", "kind": "years"}])";
  EXPECT_STATUS(ParseModelMetadata(text), StatusCode::kInvalidArgument,
                "the kind of task 'age' is unknown");
}

}  // namespace
}  // namespace consilium
