/// A ZIP archive that lies in memory, to be read only.
///
/// Refused when opened: encrypted members, methods other than stored and deflated, a name twice, a
/// name that is not plain printable ASCII or that leads out of its folder, more than kMaxMembers, and
/// members that are together larger than kMaxExpansion times the archive and kSlack bytes.
/// Errors: kInvalidArgument, one line without the file's name; in a build without libzip every
/// archive is refused. Threads: one at a time; the bytes outlive the archive.
/// Source: PKWARE APPNOTE.TXT.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

class ZipArchive {
 public:
  static constexpr std::uint64_t kMaxMembers = 200'000;
  static constexpr std::uint64_t kMaxExpansion = 4;
  static constexpr std::uint64_t kSlack = std::uint64_t{1} << 20;

  struct Member {
    std::string name;
    std::uint64_t size;   ///< bytes when read
    std::uint64_t index;  ///< in the archive's directory
  };

  static Result<ZipArchive> Open(ByteView file);
  ZipArchive(ZipArchive&&) noexcept;
  ZipArchive& operator=(ZipArchive&&) noexcept;
  ~ZipArchive();

  /// In the order of their names.
  const std::vector<Member>& members() const { return members_; }
  /// Null if there is none.
  const Member* Find(std::string_view name) const;
  /// Fills `into`, which is as long as the member, and compares the checksum.
  Status Read(const Member& member, std::span<std::byte> into) const;

 private:
  struct Handle;  // of libzip
  explicit ZipArchive(std::unique_ptr<Handle> handle);
  Status ReadDirectory(std::uint64_t file_size);

  std::unique_ptr<Handle> handle_;
  std::vector<Member> members_;
};

}  // namespace consilium
