/// OpenSSL's objects with owners. Private to this folder. Threads: as OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace consilium {

template <typename T, void (*kFree)(T*)>
struct OpensslDeleter {
  void operator()(T* object) const { kFree(object); }
};
inline void FreeMemory(BIO* memory) { BIO_free(memory); }

using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY, EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, OpensslDeleter<X509, X509_free>>;
using ExtensionHandle =
    std::unique_ptr<X509_EXTENSION, OpensslDeleter<X509_EXTENSION, X509_EXTENSION_free>>;
using NumberHandle = std::unique_ptr<BIGNUM, OpensslDeleter<BIGNUM, BN_free>>;
using MemoryHandle = std::unique_ptr<BIO, OpensslDeleter<BIO, FreeMemory>>;

/// What was written into a memory BIO.
inline std::string TextOf(const MemoryHandle& memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace consilium
