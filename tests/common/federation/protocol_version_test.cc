#include "common/federation/protocol_version.h"

#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

const SiteId kMercy("mercy");

TEST(ProtocolVersionTest, TheNewestThatBothSpeakIsUsed) {
  EXPECT_EQ(AgreedProtocol(kMercy, {1, 3}, {2, 4}).value(), 3U);
  EXPECT_EQ(AgreedProtocol(kMercy, {2, 4}, {1, 3}).value(), 3U);
  EXPECT_EQ(AgreedProtocol(kMercy, {1, 1}, {1, 1}).value(), 1U);
}

TEST(ProtocolVersionTest, AnOlderSiteIsToldWhatToInstall) {
  EXPECT_STATUS(AgreedProtocol(kMercy, {1, 2}, {3, 4}), StatusCode::kFailedPrecondition,
                "site mercy speaks versions 1 to 2, this aggregator 3 to 4; install the "
                "aggregator's release of consilium-site at the site");
  EXPECT_STATUS(AgreedProtocol(kMercy, {}, {1, 1}), StatusCode::kFailedPrecondition,
                "versions 0 to 0");
}

TEST(ProtocolVersionTest, ANewerSiteIsToldThatTheAggregatorIsOlder) {
  EXPECT_STATUS(AgreedProtocol(kMercy, {3, 4}, {1, 2}), StatusCode::kFailedPrecondition,
                "install the site's release of consilium-aggregator at the aggregator");
}

}  // namespace
}  // namespace consilium
