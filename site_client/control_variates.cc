#include "site_client/control_variates.h"

#include "common/federation/strategies/elements.h"
#include "common/federation/strategies/scaffold.h"

namespace consilium {
namespace {

ByteView EntryOf(const ParameterBlob& blob, std::size_t entry) {
  return ByteView(blob.bytes).subspan(blob.layout->offset(entry), blob.layout->size(entry));
}

Result<ByteView> EntryOf(const ParameterBlob& blob, std::string_view name) {
  const std::ptrdiff_t found = blob.layout->Find(name);
  if (found < 0) return Internal("no entry '" + std::string(name) + "' beside its control");
  return EntryOf(blob, static_cast<std::size_t>(found));
}

std::span<std::byte> EntryIn(ParameterBlob& blob, std::size_t entry) {
  return std::span(blob.bytes).subspan(blob.layout->offset(entry), blob.layout->size(entry));
}

Status CheckSame(const ParameterBlob& a, const ParameterBlob& b) {
  return *a.layout == *b.layout ? OkStatus() : Internal("controls of another layout");
}

}  // namespace

Result<ParameterBlob> ControlsIn(const ParameterBlob& state) { return Subset(state, IsControl); }

Result<ParameterBlob> WithoutControls(const ParameterBlob& state) {
  return Subset(state, [](const EntrySpec& entry) { return !IsControl(entry); });
}

Result<ParameterBlob> Joined(ParameterBlob first, const ParameterBlob& second) {
  const auto& more = second.layout->entries();
  if (more.empty()) return first;
  std::vector<EntrySpec> entries = first.layout->entries();
  entries.insert(entries.end(), more.begin(), more.end());
  CONSILIUM_ASSIGN_OR_RETURN(first.layout, Layout::Make(std::move(entries)));
  first.bytes.insert(first.bytes.end(), second.bytes.begin(), second.bytes.end());
  return first;
}

Result<ParameterBlob> Correction(const ParameterBlob& global_controls,
                                 const ParameterBlob& own_controls) {
  CONSILIUM_RETURN_IF_ERROR(CheckSame(global_controls, own_controls));
  std::vector<EntrySpec> entries = global_controls.layout->entries();
  for (EntrySpec& entry : entries) entry.name = ControlledName(entry);
  ParameterBlob shift;
  CONSILIUM_ASSIGN_OR_RETURN(shift.layout, Layout::Make(std::move(entries)));
  shift.bytes.resize(shift.layout->byte_size());
  for (std::size_t e = 0; e < shift.layout->entries().size(); ++e) {
    const ByteView global = EntryOf(global_controls, e);
    const ByteView own = EntryOf(own_controls, e);
    const std::span<std::byte> into = EntryIn(shift, e);
    WithFloat(shift.layout->entries()[e].type, [&](auto type) {
      using T = decltype(type);
      for (std::size_t i = 0; i < global.size() / sizeof(T); ++i) {
        Store<T>(into, i, Load<T>(global, i) - Load<T>(own, i));
      }
    });
  }
  return shift;
}

Result<NewControls> AfterRound(const ParameterBlob& global_controls,
                               const ParameterBlob& own_controls, const ParameterBlob& before,
                               const ParameterBlob& after,
                               const std::vector<double>& step_lengths) {
  CONSILIUM_RETURN_IF_ERROR(CheckSame(global_controls, own_controls));
  NewControls next{own_controls, global_controls};
  const auto& entries = own_controls.layout->entries();
  CONSILIUM_CHECK(step_lengths.size() == entries.size());
  for (std::size_t e = 0; e < entries.size(); ++e) {
    if (!(step_lengths[e] > 0)) continue;
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView x, EntryOf(before, ControlledName(entries[e])));
    CONSILIUM_ASSIGN_OR_RETURN(const ByteView y, EntryOf(after, ControlledName(entries[e])));
    const ByteView own = EntryOf(own_controls, e);
    const ByteView global = EntryOf(global_controls, e);
    const std::span<std::byte> next_own = EntryIn(next.own, e);
    const std::span<std::byte> sent = EntryIn(next.sent, e);
    WithFloat(entries[e].type, [&](auto type) {
      using T = decltype(type);
      for (std::size_t i = 0; i < own.size() / sizeof(T); ++i) {
        const auto moved = static_cast<double>(Load<T>(x, i)) - static_cast<double>(Load<T>(y, i));
        const double change = moved / step_lengths[e] - static_cast<double>(Load<T>(global, i));
        StoreFinite<T>(next_own, i, static_cast<double>(Load<T>(own, i)) + change);
        StoreFinite<T>(sent, i, static_cast<double>(Load<T>(global, i)) + change);
      }
    });
  }
  return next;
}

}  // namespace consilium
