#include "common/federation/parameter_blob.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace consilium {
namespace {

/// FNV-1a, 64 bits.
class Fingerprinter {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
  }
  /// A number ended by a character that no number contains, so that 1,23 and 12,3 differ.
  void Add(std::int64_t number) { Add(std::to_string(number) + ","); }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

/// Bytes of one entry.
Result<std::uint64_t> SizeOf(const EntrySpec& entry) {
  const std::string at = "entry '" + entry.name + "': ";
  std::uint64_t size = ElementSize(entry.type);
  if (size == 0) return InvalidArgument(at + "its element type is unknown");
  for (const std::int64_t dimension : entry.shape) {
    if (dimension < 0) return InvalidArgument(at + "a dimension is negative");
    const auto factor = static_cast<std::uint64_t>(dimension);
    if (factor > 0 && size > Layout::kMaxBytes / factor) {
      return InvalidArgument(at + "its shape holds more than a layout may");
    }
    size *= factor;
  }
  return size;
}

}  // namespace

std::size_t ElementSize(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return 4;
    case ElementType::kFloat64:
    case ElementType::kInt64:
      return 8;
  }
  return 0;
}

EntryKind KindOf(const EntrySpec& entry) {
  const std::string_view name = entry.name;
  if (name.ends_with("running_mean") || name.ends_with("running_var")) {
    return EntryKind::kRunningStatistic;
  }
  if (name.ends_with("num_batches_tracked")) return EntryKind::kCounter;
  return EntryKind::kParameter;
}

bool IsControl(const EntrySpec& entry) { return entry.name.starts_with(kControlPrefix); }

TaskId HeadOf(const EntrySpec& entry) {
  constexpr std::string_view prefix = "heads.";
  std::string_view name = entry.name;
  if (IsControl(entry)) name.remove_prefix(kControlPrefix.size());
  if (!name.starts_with(prefix)) return TaskId();
  name.remove_prefix(prefix.size());
  return TaskId(std::string(name.substr(0, name.find('.'))));
}

Layout::Layout(std::vector<EntrySpec> entries, std::vector<std::uint64_t> offsets,
               std::vector<std::size_t> by_name)
    : entries_(std::move(entries)), offsets_(std::move(offsets)), by_name_(std::move(by_name)) {}

Result<std::shared_ptr<const Layout>> Layout::Make(std::vector<EntrySpec> entries) {
  if (entries.size() > kMaxEntries) {
    return InvalidArgument("a layout of " + std::to_string(entries.size()) + " entries, at most " +
                           std::to_string(kMaxEntries) + " are allowed");
  }
  std::vector<std::uint64_t> offsets{0};
  offsets.reserve(entries.size() + 1);
  for (const EntrySpec& entry : entries) {
    if (entry.name.empty()) return InvalidArgument("an entry has no name");
    CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t size, SizeOf(entry));
    if (size > kMaxBytes - offsets.back()) {
      return InvalidArgument("entry '" + entry.name + "': the layout grows over its bound of " +
                             std::to_string(kMaxBytes) + " bytes");
    }
    offsets.push_back(offsets.back() + size);
  }

  std::vector<std::size_t> by_name(entries.size());
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  const auto name = [&entries](std::size_t i) -> const std::string& { return entries[i].name; };
  std::ranges::sort(by_name, {}, name);
  const auto twice = std::ranges::adjacent_find(by_name, {}, name);
  if (twice != by_name.end()) return InvalidArgument("entry '" + name(*twice) + "' appears twice");

  return std::shared_ptr<const Layout>(
      new Layout(std::move(entries), std::move(offsets), std::move(by_name)));
}

std::ptrdiff_t Layout::Find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      by_name_, name, {}, [this](std::size_t i) { return std::string_view(entries_[i].name); });
  if (found == by_name_.end() || entries_[*found].name != name) return -1;
  return static_cast<std::ptrdiff_t>(*found);
}

std::string Layout::Fingerprint() const {
  Fingerprinter fingerprinter;
  for (const EntrySpec& entry : entries_) {
    fingerprinter.Add(static_cast<std::int64_t>(entry.name.size()));
    fingerprinter.Add(entry.name);
    fingerprinter.Add(static_cast<std::int64_t>(entry.type));
    fingerprinter.Add(static_cast<std::int64_t>(entry.shape.size()));
    for (const std::int64_t dimension : entry.shape) fingerprinter.Add(dimension);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(fingerprinter.hash()));
  return text;
}

Result<ParameterBlob> Subset(const ParameterBlob& blob,
                             const std::function<bool(const EntrySpec&)>& keep) {
  const Layout& layout = *blob.layout;
  if (blob.bytes.size() != layout.byte_size()) {
    return DataLoss("a state of " + std::to_string(blob.bytes.size()) + " bytes, its layout has " +
                    std::to_string(layout.byte_size()));
  }
  std::vector<EntrySpec> kept;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < layout.entries().size(); ++i) {
    if (!keep(layout.entries()[i])) continue;
    kept.push_back(layout.entries()[i]);
    indices.push_back(i);
  }
  ParameterBlob subset;
  CONSILIUM_ASSIGN_OR_RETURN(subset.layout, Layout::Make(std::move(kept)));
  subset.bytes.reserve(subset.layout->byte_size());
  for (const std::size_t i : indices) {
    const ByteView part = ByteView(blob.bytes).subspan(layout.offset(i), layout.size(i));
    subset.bytes.insert(subset.bytes.end(), part.begin(), part.end());
  }
  return subset;
}

}  // namespace consilium
