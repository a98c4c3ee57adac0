/// What a site keeps per model version and nobody else sees: the entries of its model that never
/// leave it (local heads, local statistics), or what its codec left out of its updates.
///
/// A state is kept in memory and, with a folder, in one .safetensors file per version, written
/// atomically, so that a restarted site goes on with its heads. Which version a training started
/// from and when it may be forgotten is the SiteRunner's business (Keep).
/// Errors: those of the files; kFailedPrecondition if files of another layout lie in the folder.
/// Threads: one at a time.
#pragma once

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/federation/parameter_blob.h"

#include <map>
#include <set>
#include <string>

namespace consilium {

class LocalStateStore {
 public:
  /// Reads what an earlier process left of this run and site under the same file name prefix.
  /// `folder` may be empty: memory only.
  static Result<LocalStateStore> Open(std::string folder, RunId run, SiteId site,
                                      std::shared_ptr<const Layout> layout,
                                      std::string prefix = "local-v");

  /// Replaces an older state of the same version.
  Status Put(RoundNumber version, ParameterBlob state);
  bool empty() const { return states_.empty(); }
  /// The state of `version` or, if the site missed the rounds before it, of the newest version
  /// below; of the oldest one where an aggregator was restored to an earlier round than all of them.
  /// Errors: kFailedPrecondition if there is none.
  Result<ParameterBlob> At(RoundNumber version) const;
  /// The state of this very version, or nullptr.
  const ParameterBlob* Find(RoundNumber version) const;
  /// Forgets all states that At() of none of `versions` would return.
  Status Keep(const std::set<RoundNumber>& versions);

 private:
  LocalStateStore(std::string folder, RunId run, SiteId site, std::shared_ptr<const Layout> layout,
                  std::string prefix);
  std::map<RoundNumber, ParameterBlob>::const_iterator Nearest(RoundNumber version) const;
  std::string FileOf(RoundNumber version) const;
  Status Load();

  std::string folder_;
  RunId run_;
  SiteId site_;
  std::shared_ptr<const Layout> layout_;
  std::string prefix_;  // of its files
  std::map<RoundNumber, ParameterBlob> states_;
};

}  // namespace consilium
