#include "common/zip/zip_archive.h"

namespace consilium {

struct ZipArchive::Handle {};

Result<ZipArchive> ZipArchive::Open(ByteView /*file*/) {
  return InvalidArgument(
      "is a zip archive, which this build does not read; expected another format, or a build with "
      "CONSILIUM_WITH_ZIP");
}

ZipArchive::ZipArchive(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;
ZipArchive::~ZipArchive() = default;

const ZipArchive::Member* ZipArchive::Find(std::string_view /*name*/) const { return nullptr; }

Status ZipArchive::Read(const Member& /*member*/, std::span<std::byte> /*into*/) const {
  return Internal("a zip archive that was never opened");
}

}  // namespace consilium
