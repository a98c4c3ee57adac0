#include "common/security/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace consilium {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Sha256Hasher : public Hasher {
 public:
  Sha256Hasher() : context_(EVP_MD_CTX_new()) {
    CONSILIUM_CHECK(context_ != nullptr);
    CONSILIUM_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void Update(ByteView bytes) override {
    CONSILIUM_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  std::string Finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CONSILIUM_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(std::size_t{2} * size);
    for (unsigned int i = 0; i < size; ++i) {
      text += kDigits[digest[i] >> 4];
      text += kDigits[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

HasherFactory Sha256() {
  return [] { return std::make_unique<Sha256Hasher>(); };
}

}  // namespace consilium
