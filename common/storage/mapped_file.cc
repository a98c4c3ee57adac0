#include "common/storage/mapped_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace consilium {
namespace {

std::string LastError() { return std::generic_category().message(errno); }

}  // namespace

Result<std::shared_ptr<MappedFile>> MappedFile::Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return NotFound(path + ": cannot be opened: " + LastError());
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) {
    close(descriptor);
    return InvalidArgument(path + ": is empty or not a file");
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  const std::string error = LastError();
  close(descriptor);
  if (address == MAP_FAILED) return InvalidArgument(path + ": cannot be mapped: " + error);
  return std::shared_ptr<MappedFile>(new MappedFile(address, size));
}

MappedFile::~MappedFile() { munmap(address_, size_); }

}  // namespace consilium
