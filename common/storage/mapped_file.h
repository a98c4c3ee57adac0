/// A file as memory: pages come from the disk when touched and are shared by all processes that map
/// it. Private: writing changes this process's copy, never the file.
/// Errors: kNotFound or kInvalidArgument naming the file. Threads: immutable, any.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <memory>
#include <string>

namespace consilium {

class MappedFile {
 public:
  static Result<std::shared_ptr<MappedFile>> Open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  ByteView bytes() const { return {static_cast<const std::byte*>(address_), size_}; }

 private:
  MappedFile(void* address, std::size_t size) : address_(address), size_(size) {}
  void* address_;
  std::size_t size_;
};

}  // namespace consilium
