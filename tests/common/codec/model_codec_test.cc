#include "common/codec/model_codec.h"

#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <gtest/gtest.h>

#include <cstring>

namespace consilium {
namespace {

std::shared_ptr<const Layout> ModelLayout() {
  return Layout::Make({{"backbone.conv.weight", ElementType::kFloat32, {9, 30'001}},
                       {"backbone.bn.weight", ElementType::kFloat32, {9}},
                       {"backbone.bn.running_var", ElementType::kFloat32, {9}},
                       {"backbone.bn.num_batches_tracked", ElementType::kInt64, {}}})
      .value();
}

EncodedReader BytesOf(const Bytes& bytes) {
  return [&bytes](std::uint64_t at, std::span<std::byte> into) {
    std::memcpy(into.data(), bytes.data() + at, into.size());
    return OkStatus();
  };
}

Bytes Travelling(const ModelCodec& codec, const Bytes& model) {
  Bytes encoded;
  EXPECT_OK(codec.Encode(BytesOf(model), [&](ByteView part) {
    encoded.insert(encoded.end(), part.begin(), part.end());
    return OkStatus();
  }));
  EXPECT_EQ(encoded.size(), codec.encoded_size());
  return encoded;
}

TEST(ModelCodecTest, ItsBytesAreThoseOfTheUpdateCodecOfTheSameName) {
  const ParameterBlob model = RandomState(ModelLayout(), 3);
  for (const char* name : {"fp32", "bf16"}) {
    const ModelCodec codec = ModelCodec::Make(name, model.layout).value();
    const Bytes encoded = Travelling(codec, model.bytes);
    const auto updates = MakeCodec(name, model.layout).value();
    EXPECT_TRUE(encoded == updates->Encode(model, {}, {}).value().bytes) << name;
  }
}

TEST(ModelCodecTest, RoundsLargeMatricesAloneAndTheseOnce) {
  const ParameterBlob model = RandomState(ModelLayout(), 3);
  const ModelCodec codec = ModelCodec::Make("bf16", model.layout).value();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes received,
                                 codec.Decode(Travelling(codec, model.bytes)));
  ASSERT_EQ(received.size(), model.bytes.size());
  const auto exact = static_cast<std::ptrdiff_t>(model.layout->offset(1));
  EXPECT_FALSE(std::equal(received.begin(), received.begin() + exact, model.bytes.begin()));
  EXPECT_TRUE(std::equal(received.begin() + exact, received.end(), model.bytes.begin() + exact));
  EXPECT_TRUE(codec.Decode(Travelling(codec, received)).value() == received);
}

TEST(ModelCodecTest, AnyRangeIsDecodedByItself) {
  const ParameterBlob model = RandomState(ModelLayout(), 3);
  const ModelCodec codec = ModelCodec::Make("bf16", model.layout).value();
  const Bytes encoded = Travelling(codec, model.bytes);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes whole, codec.Decode(encoded));
  Bytes part(1000);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{262'140},
                                     model.layout->offset(1) - 930, whole.size() - part.size()}) {
    ASSERT_OK(codec.DecodeRange(BytesOf(encoded), offset, part));
    EXPECT_EQ(std::memcmp(part.data(), whole.data() + offset, part.size()), 0) << offset;
  }
}

TEST(ModelCodecTest, RefusesOtherNamesOtherSizesAndValuesBeyondBf16) {
  EXPECT_STATUS(ModelCodec::Make("int8", ModelLayout()), StatusCode::kInvalidArgument,
                "model_codec: expected fp32 or bf16, found 'int8'");
  ParameterBlob model = RandomState(ModelLayout(), 3);
  const ModelCodec codec = ModelCodec::Make("bf16", model.layout).value();
  EXPECT_STATUS(codec.Decode(model.bytes), StatusCode::kDataLoss, "expected");
  const float largest = std::numeric_limits<float>::max();
  std::memcpy(model.bytes.data() + 400, &largest, sizeof(largest));
  EXPECT_STATUS(codec.Encode(BytesOf(model.bytes), [](ByteView) { return OkStatus(); }),
                StatusCode::kDataLoss, "backbone.conv.weight");
}

}  // namespace
}  // namespace consilium
