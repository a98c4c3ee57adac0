/// The global model as the sites receive it (model_codec.h), beside the one that the server keeps.
///
/// Under an exact codec the two are one. Otherwise the rounded bytes of the latest model lie under
/// "sent/"; they follow from the model alone, so they are written again at each start and are no part
/// of a backup.
/// Errors   those of the store; kDataLoss for a model that its codec cannot carry.
/// Threads  any, one Write at a time.
#pragma once

#include "aggregator/blob_names.h"
#include "common/base/hasher.h"
#include "common/codec/model_codec.h"
#include "common/federation/messages.h"
#include "common/storage/blob_store.h"

#include <string>

namespace consilium {

class SentModels {
 public:
  SentModels(BlobStore& blobs, ModelCodec codec, HasherFactory hasher);

  /// Whether the sites' values of the entry differ from those that are kept.
  bool Rounds(const EntrySpec& entry) const { return codec_.Rounds(entry); }
  bool RoundsAny() const { return !codec_.is_exact(); }
  /// Where the bytes lie that travel.
  std::string BlobName(RoundNumber version) const;
  /// Puts them there, and names them.
  Result<ModelRef> Write(const ModelRef& kept) const;
  /// Canonical bytes of what the sites have once they received it. Requires that it was written;
  /// lasts as long as this.
  EncodedReader Received(RoundNumber version) const;

 private:
  BlobStore& blobs_;
  const ModelCodec codec_;
  const HasherFactory hasher_;
};

}  // namespace consilium
