/// Bytes and decoded values against those that numpy computes (tests/golden/codec/generate.py).
#include "common/codec/update_codec.h"
#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <nlohmann/json.hpp>

#include <fstream>

namespace consilium {
namespace {

Bytes FromHex(const std::string& text) {
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(GoldenCodecTest, BytesResidualAndDecodedStateAreThoseOfNumpy) {
  std::ifstream file(CONSILIUM_GOLDEN_DIR "/codec/codec.json");
  ASSERT_TRUE(file.good());
  const auto golden = nlohmann::json::parse(file);
  const auto layout =
      Layout::Make(
          {{"backbone.weight",
            ElementType::kFloat32,
            {golden["channels"].get<std::int64_t>(), golden["per_channel"].get<std::int64_t>()}},
           {"backbone.bias", ElementType::kFloat32, {golden["biases"].get<std::int64_t>()}}})
          .value();
  const ParameterBlob state{layout, FromHex(golden["state"])};
  const Bytes base = FromHex(golden["base"]);
  EXPECT_EQ(golden["codecs"].size(), 8U);
  for (const auto& [name, expected] : golden["codecs"].items()) {
    const auto codec = MakeCodec(name, layout).value();
    const bool keeps = !codec->residual_layout()->entries().empty();
    const Bytes residual = keeps ? FromHex(golden["residual"]) : Bytes();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate update,
                                   codec->Encode(state, base, residual));
    EXPECT_EQ(update.bytes, FromHex(expected["encoded"])) << name;
    EXPECT_EQ(update.residual, FromHex(expected["residual"])) << name;
    Bytes decoded(state.bytes.size());
    ASSERT_OK(codec->DecodeRange(ReaderOf(update.bytes), ReaderOf(base), 0, decoded));
    EXPECT_EQ(decoded, FromHex(expected["decoded"])) << name;
  }
}

}  // namespace
}  // namespace consilium
