#include "common/codec/raw_codec.h"

#include "tests/support/status_matchers.h"

#include <limits>

namespace consilium {
namespace {

std::shared_ptr<const Layout> TwelveBytes() {
  return Layout::Make({{"backbone.a", ElementType::kFloat32, {3}}}).value();
}

EncodedReader ReaderOf(const Bytes& encoded) {
  return [&encoded](std::uint64_t offset, std::span<std::byte> into) -> Status {
    if (offset > encoded.size() || into.size() > encoded.size() - offset) {
      return DataLoss("ended too early");
    }
    std::copy_n(encoded.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return OkStatus();
  };
}

Bytes Counting(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

TEST(RawCodecTest, DecodesAnyRangeOfWhatItEncoded) {
  const RawCodec codec;
  const ParameterBlob blob{TwelveBytes(), Counting(12)};
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Bytes encoded, codec.Encode(blob));
  for (std::size_t at = 0; at <= 12; ++at) {
    Bytes rest(12 - at);
    ASSERT_OK(codec.DecodeRange(*blob.layout, ReaderOf(encoded), at, rest));
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), blob.bytes.begin() + at));
  }
}

TEST(RawCodecTest, ABlobThatDoesNotMatchItsLayoutIsNotEncoded) {
  EXPECT_STATUS(RawCodec().Encode({TwelveBytes(), Counting(11)}), StatusCode::kInvalidArgument,
                "11 bytes");
  EXPECT_STATUS(RawCodec().Encode({}), StatusCode::kInvalidArgument, "layout");
}

TEST(RawCodecTest, OnlyTheSizeOfTheLayoutIsAnUpdate) {
  EXPECT_OK(RawCodec().CheckSize(*TwelveBytes(), 12));
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{11}, std::uint64_t{13},
                                   std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_STATUS(RawCodec().CheckSize(*TwelveBytes(), size), StatusCode::kDataLoss, "expected 12");
  }
}

TEST(RawCodecTest, RangesBeyondTheStateAreRefusedWithoutReading) {
  const EncodedReader never = [](std::uint64_t, std::span<std::byte>) -> Status {
    ADD_FAILURE() << "was read";
    return OkStatus();
  };
  Bytes into(4);
  for (const std::uint64_t offset :
       {std::uint64_t{9}, std::uint64_t{13}, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_STATUS(RawCodec().DecodeRange(*TwelveBytes(), never, offset, into),
                  StatusCode::kDataLoss, "outside");
  }
}

TEST(RawCodecTest, ATruncatedUpdateIsDataLoss) {
  const Bytes truncated = Counting(10);
  Bytes into(4);
  EXPECT_STATUS(RawCodec().DecodeRange(*TwelveBytes(), ReaderOf(truncated), 8, into),
                StatusCode::kDataLoss, "too early");
}

TEST(MakeCodecTest, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ((*MakeCodec("raw"))->name(), "raw");
  EXPECT_STATUS(MakeCodec("zip"), StatusCode::kInvalidArgument, "expected raw");
}

}  // namespace
}  // namespace consilium
