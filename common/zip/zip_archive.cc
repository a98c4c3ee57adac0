#include "common/zip/zip_archive.h"

#include <algorithm>
#include <zip.h>

namespace consilium {
namespace {

constexpr std::size_t kMaxName = 512;
constexpr std::size_t kCentralRecord = 46;  // least bytes of a member in the directory
// The end of the directory lies in the last bytes: its record, its 64-bit locator and a comment.
constexpr std::size_t kTail = 22 + 20 + 65'535;

/// What libzip says about an error, which is released.
std::string Taken(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

/// libzip allocates as many members as the 64-bit end record claims, before it looks for them.
/// Every record that its locator could mean is checked.
Status CheckClaimedMembers(ByteView file) {
  constexpr std::string_view locator("PK\x06\x07", 4);
  constexpr std::string_view record("PK\x06\x06", 4);
  constexpr std::size_t locator_size = 20;
  constexpr std::size_t claim_at = 24;  // in the record: members on this disk, members in all
  const std::string_view tail = AsText(file.last(std::min(file.size(), kTail)));
  for (std::size_t at = tail.find(locator); at != std::string_view::npos;
       at = tail.find(locator, at + 1)) {
    if (tail.size() - at < locator_size) break;
    std::uint64_t offset = 0;
    std::memcpy(&offset, tail.data() + at + 8, sizeof offset);
    if (offset >= file.size()) continue;
    const std::string_view there = AsText(file.subspan(offset));
    if (!there.starts_with(record) || there.size() < claim_at + 2 * sizeof(std::uint64_t)) continue;
    for (const std::size_t field : {claim_at, claim_at + sizeof(std::uint64_t)}) {
      std::uint64_t members = 0;
      std::memcpy(&members, there.data() + field, sizeof members);
      if (members > ZipArchive::kMaxMembers || members > file.size() / kCentralRecord) {
        return InvalidArgument("its directory claims " + std::to_string(members) +
                               " members, more than the archive can hold");
      }
    }
  }
  return OkStatus();
}

bool IsPlainName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || name.starts_with('/')) return false;
  if (std::ranges::any_of(name, [](char c) { return c < ' ' || c > '~' || c == '\\'; })) {
    return false;
  }
  const std::string framed = std::string("/").append(name).append("/");
  return framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos;
}

Status CheckMember(const zip_stat_t& stat) {
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((stat.valid & needed) != needed) return InvalidArgument("a member has no name or no size");
  const std::string name = stat.name;
  if (!IsPlainName(name)) return InvalidArgument("a member's name is not a plain path");
  if (stat.encryption_method != ZIP_EM_NONE) return InvalidArgument(name + " is encrypted");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    return InvalidArgument(name + " is packed by method " + std::to_string(stat.comp_method) +
                           ", expected stored or deflated");
  }
  return OkStatus();
}

}  // namespace

struct ZipArchive::Handle {
  explicit Handle(zip_t* opened) : archive(opened) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { zip_discard(archive); }

  zip_t* archive;
};

ZipArchive::ZipArchive(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;
ZipArchive::~ZipArchive() = default;

Result<ZipArchive> ZipArchive::Open(ByteView file) {
  CONSILIUM_RETURN_IF_ERROR(CheckClaimedMembers(file));
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), /*freep=*/0, &error);
  if (source == nullptr) return InvalidArgument("cannot be read as zip: " + Taken(error));
  zip_t* opened = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (opened == nullptr) {
    zip_source_free(source);
    return InvalidArgument("is not a whole zip archive: " + Taken(error));
  }
  zip_error_fini(&error);
  ZipArchive archive(std::make_unique<Handle>(opened));
  CONSILIUM_RETURN_IF_ERROR(archive.ReadDirectory(file.size()));
  return archive;
}

Status ZipArchive::ReadDirectory(std::uint64_t file_size) {
  const auto count = static_cast<std::uint64_t>(zip_get_num_entries(handle_->archive, 0));
  if (count > kMaxMembers) {
    return InvalidArgument("has " + std::to_string(count) + " members, expected at most " +
                           std::to_string(kMaxMembers));
  }
  std::uint64_t left = file_size * kMaxExpansion + kSlack;
  for (std::uint64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(handle_->archive, i, 0, &stat) != 0) {
      return InvalidArgument("member " + std::to_string(i) + " cannot be read");
    }
    CONSILIUM_RETURN_IF_ERROR(CheckMember(stat));
    if (stat.size > left) {
      return InvalidArgument("its members would unpack to more than " +
                             std::to_string(kMaxExpansion) + " times the archive");
    }
    left -= stat.size;
    members_.push_back({stat.name, stat.size, i});
  }
  std::ranges::sort(members_, {}, &Member::name);
  const auto twice = std::ranges::adjacent_find(members_, {}, &Member::name);
  if (twice != members_.end()) return InvalidArgument("has two members " + twice->name);
  return OkStatus();
}

const ZipArchive::Member* ZipArchive::Find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(members_, name, {}, &Member::name);
  return found != members_.end() && found->name == name ? &*found : nullptr;
}

Status ZipArchive::Read(const Member& member, std::span<std::byte> into) const {
  zip_file_t* file = zip_fopen_index(handle_->archive, member.index, 0);
  if (file == nullptr) {
    return InvalidArgument(member.name + " cannot be opened: " + zip_strerror(handle_->archive));
  }
  zip_int64_t read = 1;
  while (!into.empty() && read > 0) {
    read = zip_fread(file, into.data(), into.size());
    if (read > 0) into = into.subspan(static_cast<std::size_t>(read));
  }
  std::byte beyond;  // libzip compares the checksum when it meets the end
  const bool whole = into.empty() && zip_fread(file, &beyond, 1) == 0;
  const std::string reason = zip_file_strerror(file);
  zip_fclose(file);
  if (whole) return OkStatus();
  return InvalidArgument(member.name + " cannot be read whole: " + reason);
}

}  // namespace consilium
