#include "common/codec/update_codec.h"

#include "tests/support/random_state.h"
#include "tests/support/status_matchers.h"

#include <limits>

namespace consilium {
namespace {

const std::vector<std::string> kLossless{"fp32", "fp32+difference"};
const std::vector<std::string> kPlain{"fp32", "fp32+difference", "bf16",   "bf16+difference",
                                      "int8", "int8+difference", "top-5%", "top-5%+difference"};

class UpdateCodecTest : public ::testing::Test {
 protected:
  Bytes Decoded(const UpdateCodec& codec, const Bytes& encoded, const ParameterBlob& base) {
    Bytes decoded(base.bytes.size());
    EXPECT_OK(codec.DecodeRange(ReaderOf(encoded), ReaderOf(base.bytes), 0, decoded));
    return decoded;
  }
  std::unique_ptr<UpdateCodec> Make(const std::string& name) {
    return MakeCodec(name, layout_).value();
  }

  const std::shared_ptr<const Layout> layout_ = MixedLayout();
  const ParameterBlob base_ = RandomState(layout_, 1);
  const ParameterBlob state_ = Moved(base_, 2, 0.01F);
};

TEST_F(UpdateCodecTest, Fp32GivesTheStateToTheBit) {
  for (const std::string& name : kLossless) {
    const auto codec = Make(name);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate update,
                                   codec->Encode(state_, base_.bytes, {}));
    EXPECT_EQ(Decoded(*codec, update.bytes, base_), state_.bytes) << name;
    EXPECT_TRUE(update.residual.empty());
  }
}

TEST_F(UpdateCodecTest, OnlyLargeTrainedEntriesLoseAnything) {
  for (const std::string& name : kPlain) {
    const auto codec = Make(name);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate update,
                                   codec->Encode(state_, base_.bytes, {}));
    const Bytes decoded = Decoded(*codec, update.bytes, base_);
    for (std::size_t i = 0; i < layout_->entries().size(); ++i) {
      const EntrySpec& entry = layout_->entries()[i];
      const auto part = [&](const Bytes& all) {
        return ByteView(all).subspan(layout_->offset(i), layout_->size(i));
      };
      const bool exact = std::ranges::equal(part(decoded), part(state_.bytes));
      const bool lossy =
          entry.name == "backbone.conv.weight" || entry.name == "heads.prognosis.weight";
      EXPECT_EQ(IsLossy(entry), lossy) << entry.name;
      EXPECT_EQ(exact, !lossy || name.starts_with("fp32")) << name << " " << entry.name;
    }
  }
}

TEST_F(UpdateCodecTest, AnyRangeIsDecodedAsTheWholeIs) {
  RandomStream random(StreamSeed(3, {"ranges"}));
  for (const std::string& name : kPlain) {
    const auto codec = Make(name);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate update,
                                   codec->Encode(state_, base_.bytes, {}));
    const Bytes whole = Decoded(*codec, update.bytes, base_);
    for (int i = 0; i < 200; ++i) {
      const std::size_t from = random.Below(whole.size() + 1);
      Bytes part(random.Below(whole.size() - from + 1));
      ASSERT_OK(codec->DecodeRange(ReaderOf(update.bytes), ReaderOf(base_.bytes), from, part));
      ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + from)) << name << from;
    }
  }
}

TEST_F(UpdateCodecTest, EqualInputGivesEqualBits) {
  for (const std::string& name : kPlain) {
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate first,
                                   Make(name)->Encode(state_, base_.bytes, {}));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EncodedUpdate second,
                                   Make(name)->Encode(state_, base_.bytes, {}));
    EXPECT_EQ(first.bytes, second.bytes);
    EXPECT_EQ(first.residual, second.residual);
  }
}

TEST_F(UpdateCodecTest, ADifferenceIsRoundedMoreFinelyThanAState) {
  const auto worst = [&](const std::string& name) {
    const auto codec = Make(name);
    const Bytes encoded = codec->Encode(state_, base_.bytes, {})->bytes;
    const auto decoded =
        FloatsOf({layout_, Decoded(*codec, encoded, base_)}, "backbone.conv.weight");
    const auto sent = FloatsOf(state_, "backbone.conv.weight");
    float largest = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      largest = std::max(largest, std::abs(sent[i] - decoded[i]));
    }
    return largest;
  };
  EXPECT_LT(worst("bf16+difference"), worst("bf16") / 50);
  EXPECT_LT(worst("int8+difference"), worst("int8") / 50);
}

TEST_F(UpdateCodecTest, ValuesThatAreNotFiniteAreRefusedByName) {
  for (const std::string& name : kPlain) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      for (const char* entry : {"heads.prognosis.weight", "backbone.bn.running_var"}) {
        ParameterBlob spoiled = state_;
        const auto at = layout_->offset(static_cast<std::size_t>(layout_->Find(entry)));
        std::memcpy(spoiled.bytes.data() + at, &bad, sizeof bad);
        EXPECT_STATUS(Make(name)->Encode(spoiled, base_.bytes, {}), StatusCode::kDataLoss, entry);
      }
    }
  }
}

TEST_F(UpdateCodecTest, SizesThatDoNotFitTheLayoutAreRefused) {
  const auto codec = Make("int8+difference");
  EXPECT_STATUS(codec->Encode({layout_, Bytes(11)}, base_.bytes, {}), StatusCode::kInvalidArgument,
                "11 bytes");
  EXPECT_STATUS(codec->Encode({}, base_.bytes, {}), StatusCode::kInvalidArgument, "layout");
  EXPECT_STATUS(codec->Encode(state_, Bytes(12), {}), StatusCode::kInvalidArgument, "base of 12");
  EXPECT_STATUS(codec->Encode(state_, base_.bytes, Bytes(13)), StatusCode::kInvalidArgument,
                "residual of 13");
}

TEST_F(UpdateCodecTest, OnlyTheSizeThatFollowsFromTheLayoutIsAnUpdate) {
  for (const std::string& name : kPlain) {
    const auto codec = Make(name);
    const std::uint64_t size = codec->Encode(state_, base_.bytes, {})->bytes.size();
    EXPECT_OK(codec->CheckSize(size));
    for (const std::uint64_t other :
         {std::uint64_t{0}, size - 1, size + 1, std::numeric_limits<std::uint64_t>::max()}) {
      EXPECT_STATUS(codec->CheckSize(other), StatusCode::kDataLoss, "expected");
    }
  }
}

TEST_F(UpdateCodecTest, RangesBeyondTheStateAreRefusedWithoutReading) {
  const EncodedReader never = [](std::uint64_t, std::span<std::byte>) -> Status {
    ADD_FAILURE() << "was read";
    return OkStatus();
  };
  Bytes into(4);
  const std::uint64_t size = layout_->byte_size();
  for (const std::string& name : kPlain) {
    for (const std::uint64_t offset :
         {size - 3, size + 1, std::numeric_limits<std::uint64_t>::max()}) {
      EXPECT_STATUS(Make(name)->DecodeRange(never, never, offset, into), StatusCode::kDataLoss,
                    "outside");
    }
  }
}

TEST_F(UpdateCodecTest, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ(Make("bf16")->name(), "bf16");
  EXPECT_STATUS(MakeCodec("zip", layout_), StatusCode::kInvalidArgument, "expected fp32");
}

}  // namespace
}  // namespace consilium
