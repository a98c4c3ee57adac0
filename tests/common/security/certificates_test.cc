#include "common/security/certificates.h"

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <sys/stat.h>

namespace consilium {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
Certificate ReadCertificate(const std::string& path) {
  const std::unique_ptr<FILE, decltype(&fclose)> file(std::fopen(path.c_str(), "r"), &fclose);
  return {PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free};
}

/// "" or why `leaf` is not trusted for `purpose` under `ca`.
std::string Verify(const std::string& ca, const std::string& leaf, int purpose) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      &X509_STORE_free);
  const Certificate root = ReadCertificate(ca);
  const Certificate certificate = ReadCertificate(leaf);
  X509_STORE_add_cert(store.get(), root.get());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
      X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  if (X509_verify_cert(context.get()) == 1) return "";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.folder = folder_.File("ca");
    options_.sites = {"mercy", "st-anna"};
    options_.operators = {"carol"};
    options_.aggregator_hosts = {"localhost", "127.0.0.1", "::1"};
    ASSERT_OK(MakeThrowAwayCa(options_));
  }
  std::string File(const std::string& name) const { return options_.folder + "/" + name; }

  TempFolder folder_;
  ThrowAwayCaOptions options_;
};

TEST_F(CertificatesTest, TheCertificateSaysWhoIsAnOperator) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const CertificateOwner site, OwnerOf(ReadText(File("mercy.crt"))));
  EXPECT_EQ(site.name, "mercy");
  EXPECT_EQ(site.role, CertificateRole::kSite);
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const CertificateOwner carol,
                                 OwnerOf(ReadText(File("carol.crt"))));
  EXPECT_EQ(carol.name, "carol");
  EXPECT_EQ(carol.role, CertificateRole::kOperator);
  EXPECT_STATUS(OwnerOf("no certificate"), StatusCode::kInvalidArgument, "PEM");
}

TEST_F(CertificatesTest, OperatorsAndSitesHaveDifferentNames) {
  ThrowAwayCaOptions options = options_;
  options.folder = folder_.File("other");
  options.operators = {"mercy"};
  EXPECT_STATUS(MakeThrowAwayCa(options), StatusCode::kInvalidArgument, "operator name 'mercy'");
}

TEST_F(CertificatesTest, CertificatesAreTrustedForTheirPurposeOnly) {
  EXPECT_EQ(Verify(File("ca.crt"), File("aggregator.crt"), X509_PURPOSE_SSL_SERVER), "");
  EXPECT_EQ(Verify(File("ca.crt"), File("mercy.crt"), X509_PURPOSE_SSL_CLIENT), "");
  EXPECT_NE(Verify(File("ca.crt"), File("mercy.crt"), X509_PURPOSE_SSL_SERVER), "");
  EXPECT_NE(Verify(File("ca.crt"), File("aggregator.crt"), X509_PURPOSE_SSL_CLIENT), "");
}

TEST_F(CertificatesTest, ACertificateOfAnotherCaIsNotTrusted) {
  ThrowAwayCaOptions other = options_;
  other.folder = folder_.File("other");
  ASSERT_OK(MakeThrowAwayCa(other));
  EXPECT_NE(Verify(File("ca.crt"), other.folder + "/mercy.crt", X509_PURPOSE_SSL_CLIENT), "");
}

TEST_F(CertificatesTest, TheCommonNameIsTheSite) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::string name,
                                 CommonNameOf(ReadText(File("st-anna.crt"))));
  EXPECT_EQ(name, "st-anna");
}

TEST_F(CertificatesTest, TheAggregatorIsKnownByItsHosts) {
  const Certificate certificate = ReadCertificate(File("aggregator.crt"));
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "elsewhere", 0, 0, nullptr), 0);
}

TEST_F(CertificatesTest, KeysAreReadableByTheirOwnerOnly) {
  for (const char* name : {"ca.key", "aggregator.key", "mercy.key"}) {
    struct stat seen = {};
    ASSERT_EQ(stat(File(name).c_str(), &seen), 0) << name;
    EXPECT_EQ(seen.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(CertificatesTest, AnExistingCaIsNotOverwritten) {
  EXPECT_STATUS(MakeThrowAwayCa(options_), StatusCode::kAlreadyExists, "ca.crt");
}

TEST_F(CertificatesTest, NamesThatCannotBeFilesAreRefused) {
  for (const char* name : {"", "../evil", "a b", ".hidden", "ca", "aggregator"}) {
    ThrowAwayCaOptions bad;
    bad.folder = folder_.File("bad");
    bad.sites = {name};
    EXPECT_STATUS(MakeThrowAwayCa(bad), StatusCode::kInvalidArgument, "site name");
  }
  EXPECT_STATUS(CommonNameOf("not a certificate"), StatusCode::kInvalidArgument, "PEM");
}

}  // namespace
}  // namespace consilium
