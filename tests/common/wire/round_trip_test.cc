#include "common/wire/from_proto.h"
#include "common/wire/to_proto.h"
#include "tests/common/wire/random_messages.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

constexpr std::uint64_t kSeeds = 200;

/// What a receiver reads from the bytes of `message`.
template <typename Message>
Message OverTheWire(const Message& message) {
  Message received;
  EXPECT_TRUE(received.ParseFromString(message.SerializeAsString()));
  return received;
}

TEST(RoundTripTest, ARunPlanArrivesAsItWas) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RunOffer offer = RandomMessages(seed).Offer();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunOffer received, FromProto(OverTheWire(ToProto(offer))));
    EXPECT_EQ(received.plan, offer.plan);
    EXPECT_EQ(received.initial, offer.initial);
    EXPECT_EQ(received.layout_fingerprint, offer.layout_fingerprint);
  }
}

TEST(RoundTripTest, AnAggregatorThatKnowsNoModelCodecSendsItsModelExact) {
  RunOffer offer = RandomMessages(1).Offer();
  offer.plan.codec = "fp32";
  offer.plan.model_codec = "bf16";
  v1::RunOffer message = ToProto(offer);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunOffer received, FromProto(OverTheWire(message)));
  EXPECT_EQ(received.plan.model_codec, "bf16");
  message.mutable_plan()->clear_model_codec();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunOffer older, FromProto(OverTheWire(message)));
  EXPECT_EQ(older.plan.model_codec, "fp32");
}

TEST(RoundTripTest, AnInstructionArrivesAsItWas) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Instruction order = RandomMessages(seed).Order();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const Instruction received,
                                   FromProto(OverTheWire(ToProto(order))));
    EXPECT_EQ(received, order);
  }
}

TEST(RoundTripTest, ADeclarationArrivesAsItWasUnderItsSendersName) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const SiteDeclaration declaration = RandomMessages(seed).Declaration();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        SiteDeclaration received,
        FromProto(OverTheWire(ToProto(declaration)), SiteId("the certificate's")));
    EXPECT_EQ(received.site, SiteId("the certificate's"));
    received.site = declaration.site;
    EXPECT_EQ(received, declaration);
  }
}

TEST(RoundTripTest, AnUpdateHeaderArrivesAsItWas) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const UpdateHeader header = RandomMessages(seed).Update();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const UpdateHeader received,
                                   FromProto(OverTheWire(ToProto(header)), header.site));
    EXPECT_EQ(received.run, header.run);
    EXPECT_EQ(received.round, header.round);
    EXPECT_EQ(received.site, header.site);
    EXPECT_EQ(received.codec, header.codec);
    EXPECT_EQ(received.digest, header.digest);
    EXPECT_EQ(received.byte_size, header.byte_size);
    EXPECT_EQ(received.images_used, header.images_used);
    EXPECT_EQ(received.training, header.training);
  }
}

TEST(RoundTripTest, AnEvaluationArrivesAsItWas) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const EvaluationReport report = RandomMessages(seed).Evaluation();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const EvaluationReport received,
                                   FromProto(OverTheWire(ToProto(report)), report.site));
    EXPECT_EQ(received.run, report.run);
    EXPECT_EQ(received.version, report.version);
    EXPECT_EQ(received.site, report.site);
    EXPECT_EQ(received.tasks, report.tasks);
  }
}

TEST(RoundTripTest, ProgressArrivesAsItWas) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Progress progress = RandomMessages(seed).Steps();
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const Progress received,
                                   FromProto(OverTheWire(ToProto(progress)), progress.site));
    EXPECT_EQ(received, progress);
  }
}

}  // namespace
}  // namespace consilium
