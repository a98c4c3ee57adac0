#include "common/security/tls_identity.h"

#include "common/security/certificates.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

class TlsIdentityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ThrowAwayCaOptions options;
    options.folder = folder_.File("ca");
    options.sites = {"mercy"};
    ASSERT_OK(MakeThrowAwayCa(options));
  }
  std::string File(const std::string& name) const { return folder_.File("ca/" + name); }

  TempFolder folder_;
};

TEST_F(TlsIdentityTest, ReadsWhatTheCaWrote) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const TlsIdentity identity,
      ReadTlsIdentity(File("ca.crt"), File("mercy.crt"), File("mercy.key")));
  EXPECT_THAT(identity.key, ::testing::HasSubstr("PRIVATE KEY"));
}

TEST_F(TlsIdentityTest, TheFileAtFaultIsNamed) {
  EXPECT_STATUS(ReadTlsIdentity(File("none.crt"), File("mercy.crt"), File("mercy.key")),
                StatusCode::kInvalidArgument, "none.crt");
  EXPECT_STATUS(ReadTlsIdentity(File("ca.key"), File("mercy.crt"), File("mercy.key")),
                StatusCode::kInvalidArgument, "ca.key: no certificate");
  EXPECT_STATUS(ReadTlsIdentity(File("ca.crt"), File("mercy.crt"), File("mercy.crt")),
                StatusCode::kInvalidArgument, "mercy.crt: no private key");
  EXPECT_STATUS(ReadTlsIdentity(File("ca.crt"), File("mercy.crt"), File("aggregator.key")),
                StatusCode::kInvalidArgument, "is not the key of");
}

}  // namespace
}  // namespace consilium
