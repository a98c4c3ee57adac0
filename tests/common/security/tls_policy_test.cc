#include "common/security/certificates.h"
#include "tests/support/status_matchers.h"

#include <openssl/ssl.h>

#include <memory>

namespace consilium {
namespace {

/// OpenSSL reads its configuration once: before any test, as main does it.
class OnlyTls13 : public ::testing::Environment {
 public:
  void SetUp() override { ASSERT_OK(AllowOnlyTls13()); }
};
const ::testing::Environment* const kOnlyTls13 = ::testing::AddGlobalTestEnvironment(new OnlyTls13);

TEST(TlsPolicyTest, EveryNewContextRefusesVersionsBelow13) {
  ASSERT_OK(AllowOnlyTls13());
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                                  &SSL_CTX_free);
  // What gRPC does with each of its contexts.
  ASSERT_EQ(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION), 1);
  EXPECT_NE(SSL_CTX_get_options(context.get()) & SSL_OP_NO_TLSv1_2, 0U);
  EXPECT_EQ(SSL_CTX_get_options(context.get()) & SSL_OP_NO_TLSv1_3, 0U);
}

}  // namespace
}  // namespace consilium
