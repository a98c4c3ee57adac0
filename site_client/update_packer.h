/// A site's state after training becomes the bytes it sends; what the run's codec leaves out of them
/// waits here for the next round.
///
/// Residual     of the update that made model v, kept under v in memory and, with a folder, on disk
///              before the update leaves. A round's update adds the residual of the version that the
///              aggregator says it counted last (Instruction::counted_version). So a round done again
///              gives the same bits, a refused or late update leaves the residual of before, and a
///              site killed at any moment goes on as if it had not been.
///              Files residual-v<version>.safetensors; a site that lost them goes on without.
/// Memory       two residuals, each of the size of the lossy entries; none under fp32 and bf16.
/// Errors       those of the codec and the files. Threads: one at a time.
#pragma once

#include "common/codec/update_codec.h"
#include "common/federation/messages.h"
#include "site_client/local_state_store.h"

#include <memory>
#include <string>

namespace consilium {

class UpdatePacker {
 public:
  /// `folder` may be empty: memory only. `shared`: the layout of what travels.
  static Result<UpdatePacker> Open(const std::string& folder, const RunId& run, const SiteId& site,
                                   const std::string& codec, std::shared_ptr<const Layout> shared);

  /// `model`: what the round started from, canonical bytes.
  Result<Bytes> Pack(const Instruction& instruction, const ParameterBlob& state, ByteView model);

 private:
  UpdatePacker(std::unique_ptr<UpdateCodec> codec, LocalStateStore residuals);

  std::unique_ptr<UpdateCodec> codec_;
  LocalStateStore residuals_;
};

}  // namespace consilium
