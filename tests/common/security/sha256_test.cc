#include "common/security/sha256.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

// FIPS 180-4 examples.
TEST(Sha256Test, DigestsThePublishedExamples) {
  EXPECT_EQ(Digest(Sha256(), {}),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Digest(Sha256(), AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PiecesGiveTheDigestOfTheWhole) {
  const auto hasher = Sha256()();
  hasher->Update(AsBytes("a"));
  hasher->Update({});
  hasher->Update(AsBytes("bc"));
  EXPECT_EQ(hasher->Finish(), Digest(Sha256(), AsBytes("abc")));
}

}  // namespace
}  // namespace consilium
