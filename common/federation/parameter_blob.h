/// Named tensors as bytes: the only form in which a model crosses a network or reaches the
/// aggregator.
///
/// A Layout lists the entries in their order; a blob's bytes are those entries one after another,
/// row-major, little-endian, without padding. These bytes are the canonical state: their SHA-256 is
/// the model's name ("model_sha256").
/// Names: "backbone.<torchvision name>" for the trunk, "heads.<task>.<name>" for a task's head.
/// Threads: immutable after construction; share by shared_ptr<const ...>.
#pragma once

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

enum class ElementType : std::uint8_t { kFloat32 = 1, kFloat64 = 2, kInt64 = 3 };
std::size_t ElementSize(ElementType type);

/// How the values of an entry combine over sites.
enum class EntryKind : std::uint8_t {
  kParameter,         ///< trained: weighted per parameter group (weights.h)
  kRunningStatistic,  ///< running mean and variance of a normalisation: mean weighted by images
                      ///< used
  kCounter,           ///< num_batches_tracked: maximum
};

struct EntrySpec {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  friend bool operator==(const EntrySpec&, const EntrySpec&) = default;
};

/// From the name: "...running_mean", "...running_var", "...num_batches_tracked", anything else.
EntryKind KindOf(const EntrySpec& entry);
/// What a run's method keeps beside a parameter, under the parameter's own name (SCAFFOLD's control
/// variates); such entries belong to no network.
inline constexpr std::string_view kControlPrefix = "control.";
bool IsControl(const EntrySpec& entry);
/// The task whose head holds the entry; empty for the backbone.
TaskId HeadOf(const EntrySpec& entry);

class Layout {
 public:
  static constexpr std::size_t kMaxEntries = 100'000;
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 40;

  /// Errors: kInvalidArgument: a name twice or empty, a negative dimension, more than kMaxEntries
  /// or kMaxBytes.
  static Result<std::shared_ptr<const Layout>> Make(std::vector<EntrySpec> entries);

  const std::vector<EntrySpec>& entries() const { return entries_; }
  std::uint64_t offset(std::size_t entry) const { return offsets_[entry]; }
  std::uint64_t size(std::size_t entry) const { return offsets_[entry + 1] - offsets_[entry]; }
  std::uint64_t byte_size() const { return offsets_.back(); }
  /// Index of the entry called `name`, or -1.
  std::ptrdiff_t Find(std::string_view name) const;
  /// 16 hexadecimal digits over names, types, shapes and order: equal layouts, equal fingerprints.
  /// A contract check against mistakes, not against forgery.
  std::string Fingerprint() const;

  friend bool operator==(const Layout& a, const Layout& b) { return a.entries_ == b.entries_; }

 private:
  Layout(std::vector<EntrySpec> entries, std::vector<std::uint64_t> offsets,
         std::vector<std::size_t> by_name);
  std::vector<EntrySpec> entries_;
  std::vector<std::uint64_t> offsets_;  // one more than entries
  std::vector<std::size_t> by_name_;    // indices of the entries in the order of their names
};

struct ParameterBlob {
  std::shared_ptr<const Layout> layout;
  Bytes bytes;  ///< layout->byte_size() of them
};

/// The entries of `blob` for which `keep` holds, in the same order.
/// Errors: kDataLoss: the bytes are not as many as the layout says.
Result<ParameterBlob> Subset(const ParameterBlob& blob,
                             const std::function<bool(const EntrySpec&)>& keep);

}  // namespace consilium
