/// What has arrived of a model that is on its way down, kept so that a site which is killed in a
/// download goes on where it was.
///
/// One draft of a run's first model and one of its rounds' models. Each belongs to one digest: a draft
/// of another model is deleted when it is asked for. Nothing in a draft is trusted before the whole
/// model was held against its digest. Models without digest, and those that are small, are not kept.
/// Disk     a store that fails (no room) costs the draft, not the download: that is told once.
/// Threads  one at a time.
#pragma once

#include "common/federation/messages.h"
#include "common/storage/blob_store.h"

#include <functional>
#include <string>

namespace consilium {

class ModelDraft {
 public:
  /// `blobs`: of this run alone, must outlive it; null: nothing is kept. `notify` may be empty.
  ModelDraft(BlobStore* blobs, ModelRef model, std::function<void(const std::string& line)> notify);

  /// What is here already: the first bytes of the model, if they are not damaged.
  Bytes Resume();
  /// The bytes that follow on all before.
  void Append(ByteView bytes);
  /// Whole or wrong: it is not needed any more.
  void Discard();

 private:
  Status Open(Bytes& begun);
  Status Claim();
  void GiveUpOn(const Status& failure);

  BlobStore* blobs_;
  const ModelRef model_;
  const std::function<void(const std::string& line)> notify_;
  std::string name_;
  std::uint64_t size_ = 0;
};

}  // namespace consilium
