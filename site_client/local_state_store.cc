#include "site_client/local_state_store.h"

#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"

#include <charconv>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 34;
constexpr std::string_view kSuffix = ".safetensors";

/// The version in "local-v12.safetensors"; -1 for another file.
RoundNumber VersionOf(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return -1;
  name.remove_prefix(prefix.size());
  name.remove_suffix(kSuffix.size());
  RoundNumber version = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  return error == std::errc() && end == name.data() + name.size() ? version : -1;
}

}  // namespace

LocalStateStore::LocalStateStore(std::string folder, RunId run, SiteId site,
                                 std::shared_ptr<const Layout> layout, std::string prefix)
    : folder_(std::move(folder)),
      run_(std::move(run)),
      site_(std::move(site)),
      layout_(std::move(layout)),
      prefix_(std::move(prefix)) {}

Result<LocalStateStore> LocalStateStore::Open(std::string folder, RunId run, SiteId site,
                                              std::shared_ptr<const Layout> layout,
                                              std::string prefix) {
  LocalStateStore store(std::move(folder), std::move(run), std::move(site), std::move(layout),
                        std::move(prefix));
  if (!store.folder_.empty()) CONSILIUM_RETURN_IF_ERROR(store.Load());
  return store;
}

Status LocalStateStore::Load() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::filesystem::directory_iterator files(folder_, error);
  if (error) return InvalidArgument(folder_ + ": cannot be read: " + error.message());
  for (const std::filesystem::directory_entry& entry : files) {
    const RoundNumber version = VersionOf(entry.path().filename().string(), prefix_);
    if (version < 0) continue;
    const std::string path = entry.path().string();
    CONSILIUM_ASSIGN_OR_RETURN(const Bytes bytes, ReadFile(path, kMaxFileBytes));
    CONSILIUM_ASSIGN_OR_RETURN(TensorFile file, ParseSafetensors(bytes, path));
    if (file.metadata["run"] != run_.str() || file.metadata["site"] != site_.str()) continue;
    if (*file.blob.layout != *layout_) {
      return FailedPrecondition(path + ": holds other entries than this run's model; remove it");
    }
    states_[version] = std::move(file.blob);
  }
  return OkStatus();
}

std::string LocalStateStore::FileOf(RoundNumber version) const {
  return folder_ + "/" + prefix_ + std::to_string(version) + std::string(kSuffix);
}

Status LocalStateStore::Put(RoundNumber version, ParameterBlob state) {
  if (!folder_.empty()) {
    const TensorFile file{state, {{"run", run_.str()}, {"site", site_.str()}}};
    CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically(FileOf(version), SerializeSafetensors(file)));
  }
  states_[version] = std::move(state);
  return OkStatus();
}

Result<ParameterBlob> LocalStateStore::At(RoundNumber version) const {
  if (states_.empty()) {
    return FailedPrecondition("site " + site_.str() + ": has no local state for model version " +
                              std::to_string(version));
  }
  return Nearest(version)->second;
}

/// Requires a state.
std::map<RoundNumber, ParameterBlob>::const_iterator LocalStateStore::Nearest(
    RoundNumber version) const {
  const auto above = states_.upper_bound(version);
  return above == states_.begin() ? above : std::prev(above);
}

const ParameterBlob* LocalStateStore::Find(RoundNumber version) const {
  const auto found = states_.find(version);
  return found == states_.end() ? nullptr : &found->second;
}

Status LocalStateStore::Keep(const std::set<RoundNumber>& versions) {
  std::set<RoundNumber> kept;
  for (const RoundNumber version : versions) {
    if (!states_.empty()) kept.insert(Nearest(version)->first);
  }
  for (auto state = states_.begin(); state != states_.end();) {
    if (kept.contains(state->first)) {
      ++state;
      continue;
    }
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove(FileOf(state->first), error);
    if (error) return InvalidArgument(FileOf(state->first) + ": " + error.message());
    state = states_.erase(state);
  }
  return OkStatus();
}

}  // namespace consilium
