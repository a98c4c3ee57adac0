/// Updates that no codec wrote are data loss.
#include "common/codec/top_share_coding.h"
#include "common/codec/update_codec.h"
#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <limits>

namespace consilium {
namespace {

constexpr std::int64_t kValues = 5000;  // two segments

class HostileUpdateTest : public ::testing::Test {
 protected:
  /// One entry of two channels, so that offsets are the entry's own.
  void Use(const std::string& codec) {
    codec_ = MakeCodec(codec, layout_).value();
    encoded_ = codec_->Encode(state_, base_.bytes, {})->bytes;
  }
  template <typename T>
  void Overwrite(std::size_t at, T value) {
    ASSERT_LE(at + sizeof value, encoded_.size());
    std::memcpy(encoded_.data() + at, &value, sizeof value);
  }
  Status Decode() {
    Bytes decoded(state_.bytes.size());
    return codec_->DecodeRange(ReaderOf(encoded_), ReaderOf(base_.bytes), 0, decoded);
  }

  const std::shared_ptr<const Layout> layout_ =
      Layout::Make({{"backbone.w", ElementType::kFloat32, {2, kValues / 2}}}).value();
  const ParameterBlob base_ = RandomState(layout_, 1);
  const ParameterBlob state_ = RandomState(layout_, 2);
  std::unique_ptr<UpdateCodec> codec_;
  Bytes encoded_;
  // Of top-1%: 50 values in 2 segments.
  static constexpr std::size_t kPlaces = 3 * sizeof(std::uint32_t);
  static constexpr std::size_t kKept = kPlaces + 50 * sizeof(std::uint16_t);
};

TEST_F(HostileUpdateTest, ScalesThatAreNoFiniteNumbersFromZeroUp) {
  for (const float scale :
       {std::numeric_limits<float>::infinity(), -1.0F, std::numeric_limits<float>::quiet_NaN()}) {
    Use("int8");
    Overwrite(4, scale);
    EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "entry 'backbone.w': the scale of channel 1");
  }
}

TEST_F(HostileUpdateTest, StartsThatGoBackOrBeyondTheEnd) {
  for (const std::size_t which : {0U, 4U, 8U}) {
    for (const std::uint32_t start : {51U, 0xFFFFFFFFU}) {
      Use("top-1%");
      Overwrite(which, start);
      EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "entry 'backbone.w': the starts");
    }
  }
  Use("top-1%");
  Overwrite(8, 49U);
  EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "starts");
}

TEST_F(HostileUpdateTest, MorePlacesThanASegmentHas) {
  Use("top-100%");
  Overwrite(4, 4097U);
  EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "starts");
}

TEST_F(HostileUpdateTest, PlacesThatDoNotAscendOrLieOutside) {
  Use("top-1%+difference");
  std::uint16_t first = 0;
  std::memcpy(&first, encoded_.data() + kPlaces, sizeof first);
  Overwrite(kPlaces + 2, first);
  EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "ascend");
  Use("top-1%+difference");
  Overwrite(kKept - 2, static_cast<std::uint16_t>(kValues - TopShareCoding::kSegment));
  EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "outside");
}

TEST_F(HostileUpdateTest, KeptValuesThatAreNotFinite) {
  Use("top-1%+difference");
  Overwrite(kKept, std::numeric_limits<float>::infinity());
  EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "not finite");
}

TEST_F(HostileUpdateTest, BytesThatEndTooEarly) {
  for (const char* codec : {"fp32", "fp32+difference", "bf16", "int8", "top-1%"}) {
    Use(codec);
    encoded_.pop_back();
    EXPECT_STATUS(Decode(), StatusCode::kDataLoss, "too early");
  }
}

}  // namespace
}  // namespace consilium
