/// Looks at what sites send in a federated run: how many bytes travel, and how far their updates of
/// the backbone agree.
///
/// Of the updates u_1 ... u_n that sites sent in one round (new state minus the round's model, the
/// backbone's trained float32 entries) the cosine is the mean over all pairs. With unit vectors
/// e_i = u_i / |u_i| and s = sum e_i that is (|s|^2 - n) / (n (n - 1)), so one sum is kept, not n
/// updates. It is kept in fixed point: equal updates give equal bits in whatever order they come.
/// Of a backbone of more than a million weights every k-th block of 1024 is looked at, a million in
/// all: the cosine is then known to about 0.001, and a round does not wait for it.
///
/// Memory   the round's model and some ten million bytes.
/// Errors   an update that cannot be decoded counts as sent but has no part in the cosine.
/// Threads  any; a watched transport as the transport inside.
#pragma once

#include "common/codec/model_codec.h"
#include "common/codec/update_codec.h"
#include "common/federation/run_plan.h"
#include "common/federation/transport.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace consilium {

class UpdateWatch {
 public:
  /// `initial`: the run's first, complete model. Errors: those of Subset and MakeCodec.
  static Result<std::unique_ptr<UpdateWatch>> Make(const RunPlan& plan,
                                                   const ParameterBlob& initial);

  /// The watch must outlive the transport.
  std::unique_ptr<Transport> Watched(std::unique_ptr<Transport> transport);

  /// A site fetched a model; sites of one round start from the same.
  void Fetched(const ModelRef& model, ByteView bytes);
  /// The aggregator took an update.
  void Sent(const UpdateHeader& header, ByteView encoded);

  /// One per round so far; empty for a round with fewer than two updates that differ from its model.
  std::vector<std::optional<double>> Cosines() const;
  std::uint64_t bytes_to_sites() const;
  std::uint64_t bytes_from_sites() const;

 private:
  UpdateWatch(std::shared_ptr<const Layout> layout, std::unique_ptr<UpdateCodec> codec,
              ModelCodec model_codec);
  /// Of the backbone's weights that are looked at.
  Result<std::vector<float>> BackboneUpdate(ByteView encoded) const;  // requires mutex_
  std::optional<double> RoundCosine() const;                          // requires mutex_

  /// Weights beside each other, of one entry.
  struct Block {
    std::uint64_t offset;  // bytes, in layout_
    std::size_t count;
  };

  const std::shared_ptr<const Layout> layout_;  // of what travels
  const std::unique_ptr<UpdateCodec> codec_;
  const ModelCodec model_codec_;
  std::vector<Block> blocks_;  // that are looked at
  std::size_t weights_ = 0;    // in them
  mutable std::mutex mutex_;   // guards the rest
  std::uint64_t to_sites_ = 0;
  std::uint64_t from_sites_ = 0;
  RoundNumber round_ = kInitialModel;  // that model_ starts
  Bytes model_;
  std::vector<std::int64_t> sum_;  // of unit vectors, times kUnit
  int counted_ = 0;
  std::vector<std::optional<double>> cosines_;  // of finished rounds
};

}  // namespace consilium
