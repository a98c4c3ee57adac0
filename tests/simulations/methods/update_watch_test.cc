#include "simulations/methods/update_watch.h"

#include "common/base/random_stream.h"
#include "tests/support/status_matchers.h"

#include <cmath>
#include <span>

namespace consilium {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

Bytes BytesOf(std::vector<float> values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// Rounds of a run with a backbone of two values and a shared head of one.
class UpdateWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    layout_ = Layout::Make({{"backbone.w", ElementType::kFloat32, {2}},
                            {"heads.prognosis.w", ElementType::kFloat32, {1}}})
                  .value();
    plan_.heads = HeadsMode::kShared;
    codec_ = MakeCodec(plan_.codec, layout_).value();
    watch_ = UpdateWatch::Make(plan_, {layout_, BytesOf({0, 0, 0})}).value();
  }

  void StartRound(RoundNumber round, const std::vector<float>& model) {
    model_ = BytesOf(model);
    watch_->Fetched({"", model_.size(), round}, model_);
  }

  void Send(RoundNumber round, const std::vector<float>& state) {
    const EncodedUpdate update = codec_->Encode({layout_, BytesOf(state)}, model_, {}).value();
    UpdateHeader header;
    header.round = round;
    watch_->Sent(header, update.bytes);
    sent_ += update.bytes.size();
  }

  RunPlan plan_;
  std::shared_ptr<const Layout> layout_;
  std::unique_ptr<UpdateCodec> codec_;
  std::unique_ptr<UpdateWatch> watch_;
  Bytes model_;
  std::uint64_t sent_ = 0;
};

TEST_F(UpdateWatchTest, CosineIsThatOfTheChangesOfTheBackbone) {
  StartRound(0, {5, 5, 1});
  Send(0, {6, 5, 9});
  Send(0, {8, 5, -9});
  StartRound(1, {1, 1, 0});
  Send(1, {2, 1, 0});
  Send(1, {0, 1, 0});
  StartRound(2, {1, 1, 0});
  Send(2, {2, 1, 0});
  Send(2, {1, 3, 0});
  EXPECT_THAT(watch_->Cosines(),
              ElementsAre(Optional(DoubleNear(1, 1e-9)), Optional(DoubleNear(-1, 1e-9)),
                          Optional(DoubleNear(0, 1e-9))));
}

TEST_F(UpdateWatchTest, CosineOfManyIsTheMeanOverPairs) {
  StartRound(0, {0, 0, 0});
  Send(0, {1, 0, 0});
  Send(0, {0, 1, 0});
  Send(0, {3, 3, 0});
  EXPECT_THAT(watch_->Cosines(), ElementsAre(Optional(DoubleNear(std::sqrt(2.0) / 3, 1e-9))));
}

TEST_F(UpdateWatchTest, TheCosineOfALargeBackboneIsKnownToAThousandth) {
  constexpr std::int64_t kWeights = 3'000'000;
  layout_ = Layout::Make({{"backbone.w", ElementType::kFloat32, {kWeights}}}).value();
  codec_ = MakeCodec(plan_.codec, layout_).value();
  const std::vector<float> zeros(kWeights);
  watch_ = UpdateWatch::Make(plan_, {layout_, BytesOf(zeros)}).value();
  StartRound(0, zeros);
  RandomStream random(StreamSeed(1, {"updates"}));
  std::vector<float> one(kWeights);
  std::vector<float> other(kWeights);
  double product = 0;
  double one_square = 0;
  double other_square = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    one[i] = static_cast<float>(random.Uniform() - 0.5);
    other[i] = one[i] + 2 * static_cast<float>(random.Uniform() - 0.5);
    product += static_cast<double>(one[i]) * other[i];
    one_square += static_cast<double>(one[i]) * one[i];
    other_square += static_cast<double>(other[i]) * other[i];
  }
  Send(0, one);
  Send(0, other);
  EXPECT_THAT(
      watch_->Cosines(),
      ElementsAre(Optional(DoubleNear(product / std::sqrt(one_square * other_square), 3e-3))));
}

TEST_F(UpdateWatchTest, LoneAndEmptyUpdatesHaveNoCosine) {
  StartRound(0, {0, 0, 0});
  Send(0, {1, 0, 0});
  Send(0, {0, 0, 7});
  StartRound(1, {0, 0, 0});
  EXPECT_THAT(watch_->Cosines(), ElementsAre(std::nullopt));
}

TEST_F(UpdateWatchTest, UpdatesOfAnotherRoundOnlyCountAsBytes) {
  StartRound(3, {0, 0, 0});
  Send(2, {1, 0, 0});
  EXPECT_THAT(watch_->Cosines(), IsEmpty());
  EXPECT_EQ(watch_->bytes_to_sites(), 12U);
  EXPECT_EQ(watch_->bytes_from_sites(), sent_);
}

TEST_F(UpdateWatchTest, BytesThatAreNoUpdateHaveNoPartInTheCosine) {
  StartRound(0, {0, 0, 0});
  UpdateHeader header;
  watch_->Sent(header, BytesOf({1}));
  Send(0, {1, 0, 0});
  Send(0, {2, 0, 0});
  EXPECT_THAT(watch_->Cosines(), ElementsAre(Optional(DoubleNear(1, 1e-9))));
}

}  // namespace
}  // namespace consilium
