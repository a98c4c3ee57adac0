/// What a codec leaves out of one update is in the next ones: sum of what arrived = sum of what was
/// sent - what is left out at the end.
#include "common/codec/update_codec.h"
#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <cmath>

namespace consilium {
namespace {

constexpr const char* kWeight = "backbone.weight";
constexpr int kRounds = 12;

std::shared_ptr<const Layout> OneWeight() {
  return Layout::Make({{kWeight, ElementType::kFloat32, {4, 64}}}).value();
}

ParameterBlob StateOf(const std::shared_ptr<const Layout>& layout,
                      const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {layout, Bytes(bytes.begin(), bytes.end())};
}

/// Whole quarters: their sums are exact.
std::vector<float> Quarters(std::uint64_t seed) {
  RandomStream random(StreamSeed(seed, {"quarters"}));
  std::vector<float> values(256);
  for (float& value : values) value = 0.25F * (static_cast<float>(random.Below(101)) - 50);
  return values;
}

class ErrorFeedbackTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ErrorFeedbackTest, TelescopesToTheBitWhereSumsAreExact) {
  const auto layout = OneWeight();
  const auto codec = MakeCodec(GetParam(), layout).value();
  const ParameterBlob zero{layout, Bytes(layout->byte_size())};
  std::vector<double> sent(256);
  std::vector<double> arrived(256);
  Bytes residual;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<float> values = Quarters(static_cast<std::uint64_t>(round));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(EncodedUpdate update,
                                   codec->Encode(StateOf(layout, values), zero.bytes, residual));
    ParameterBlob decoded = zero;
    ASSERT_OK(codec->DecodeRange(ReaderOf(update.bytes), ReaderOf(zero.bytes), 0, decoded.bytes));
    const std::vector<float> seen = FloatsOf(decoded, kWeight);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      sent[i] += values[i];
      arrived[i] += seen[i];
    }
    residual = std::move(update.residual);
  }
  const std::vector<float> left_out = FloatsOf({layout, residual}, kWeight);
  for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(arrived[i], sent[i] - left_out[i]) << i;
  EXPECT_NE(left_out, std::vector<float>(256));
}

INSTANTIATE_TEST_SUITE_P(Codecs, ErrorFeedbackTest,
                         ::testing::Values("top-10%", "top-10%+difference", "top-50%+difference"));

TEST(ErrorFeedbackOfInt8Test, WhatIsLeftOutOfEveryRoundIsExactAndSumsUp) {
  const auto layout = OneWeight();
  const auto codec = MakeCodec("int8+difference", layout).value();
  const ParameterBlob zero{layout, Bytes(layout->byte_size())};
  const std::vector<float> values = FloatsOf(RandomState(layout, 5), kWeight);
  Bytes residual;
  std::vector<double> arrived(values.size());
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<float> carried = residual.empty() ? std::vector<float>(values.size())
                                                        : FloatsOf({layout, residual}, kWeight);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(EncodedUpdate update,
                                   codec->Encode(StateOf(layout, values), zero.bytes, residual));
    ParameterBlob decoded = zero;
    ASSERT_OK(codec->DecodeRange(ReaderOf(update.bytes), ReaderOf(zero.bytes), 0, decoded.bytes));
    const std::vector<float> seen = FloatsOf(decoded, kWeight);
    const std::vector<float> left_out = FloatsOf({layout, update.residual}, kWeight);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float wanted = values[i] + carried[i];
      ASSERT_EQ(static_cast<double>(left_out[i]),
                static_cast<double>(wanted) - static_cast<double>(seen[i]));
      arrived[i] += seen[i];
    }
    residual = std::move(update.residual);
  }
  // After many rounds the mean of what arrived is the value, but for one residual.
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(arrived[i] / kRounds, values[i], 0.5 / 127 / kRounds * 1.01) << i;
  }
}

TEST(ErrorFeedbackOfInt8Test, TheResidualHoldsTheLossyEntriesAlone) {
  for (const char* name : {"int8", "top-1%", "int8+difference", "top-1%+difference"}) {
    const auto codec = MakeCodec(name, MixedLayout()).value();
    std::vector<std::string> names;
    for (const EntrySpec& entry : codec->residual_layout()->entries()) names.push_back(entry.name);
    EXPECT_EQ(names, (std::vector<std::string>{"backbone.conv.weight", "heads.prognosis.weight"}));
  }
  for (const char* name : {"fp32", "bf16", "bf16+difference"}) {
    EXPECT_TRUE(MakeCodec(name, MixedLayout()).value()->residual_layout()->entries().empty());
  }
}

}  // namespace
}  // namespace consilium
