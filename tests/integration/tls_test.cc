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

TEST(TlsTest, ACertificateOfAnotherCaIsRefusedAndSaidSo) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("run");
  // Ten minutes of trying again, of which none is used.
  Process stranger =
      federation.StartSite("A", "stranger", federation.MakeAnotherCa(), /*retry_seconds=*/600);
  EXPECT_EQ(stranger.Wait(SmallFederation::kPatience), 1);
  EXPECT_THAT(stranger.Errors(), ::testing::HasSubstr("refuses this program's certificate"));
  EXPECT_THAT(stranger.Errors(), ::testing::HasSubstr("other/A.crt"));
  EXPECT_THAT(aggregator.Output(), ::testing::Not(::testing::HasSubstr("joined")));
}

TEST(TlsTest, ASiteWithAnotherConsortiumsCaSaysSoAtOnce) {
  SmallFederation federation(/*rounds=*/1);
  Process aggregator = federation.StartAggregator("run");
  const std::string other = federation.MakeAnotherCa();
  Process site({std::string(CONSILIUM_PROGRAM_DIR) + "/consilium-site", "--aggregator",
                "127.0.0.1:" + std::to_string(federation.port()), "--ca", other + "/ca.crt",
                "--cert", federation.Certificate("A.crt"), "--key", federation.Certificate("A.key"),
                "--state", federation.File("state"), "--tensor-cache", federation.File("A.cache"),
                "--retry-for", "600"},
               federation.File("site"));
  EXPECT_EQ(site.Wait(SmallFederation::kPatience), 1);
  EXPECT_THAT(site.Errors(), ::testing::HasSubstr("shows a certificate that is not trusted"));
  EXPECT_THAT(site.Errors(), ::testing::HasSubstr("the CA in use (" + other + "/ca.crt)"));
  EXPECT_THAT(site.Output(), ::testing::Not(::testing::HasSubstr("again in")));
}

}  // namespace
}  // namespace consilium
