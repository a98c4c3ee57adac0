#include "tests/integration/small_federation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace consilium {
namespace {

/// Exit code of a TLS handshake with the aggregator, made by OpenSSL's own client.
int Handshake(const SmallFederation& federation, const std::string& version) {
  Process client({"openssl", "s_client", "-connect",
                  "127.0.0.1:" + std::to_string(federation.port()), version, "-alpn", "h2", "-cert",
                  federation.Certificate("A.crt"), "-key", federation.Certificate("A.key"),
                  "-CAfile", federation.Certificate("ca.crt"), "-verify_return_error"},
                 federation.File("client"));
  return client.Wait(SmallFederation::kPatience).value_or(-1);
}

TEST(TlsTest, TheAggregatorSpeaks13AndNothingOlder) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("run");
  EXPECT_EQ(Handshake(federation, "-tls1_3"), 0);
  EXPECT_EQ(Handshake(federation, "-tls1_2"), 1);
}

TEST(TlsTest, ACertificateOfAnotherCaIsRefused) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("run");
  Process stranger =
      federation.StartSite("A", "stranger", federation.MakeAnotherCa(), /*retry_seconds=*/0);
  EXPECT_EQ(stranger.Wait(SmallFederation::kPatience), 1);
  EXPECT_THAT(stranger.Errors(), ::testing::HasSubstr("unavailable"));
  EXPECT_THAT(aggregator.Output(), ::testing::Not(::testing::HasSubstr("joined")));
}

}  // namespace
}  // namespace consilium
