/// A local round after some of its epochs, on disk: what a site that is killed goes on from.
///
///   checkpoints.Begin(round);                     // forgets what is of another round
///   found = checkpoints.Find("train");            // where an earlier process got
///   ... an epoch ...  checkpoints.Put("train", {...});
///   checkpoints.End();                            // the update was taken: forgets all
///
/// Files     round-<round>-<first 16 digits of the model's digest>-<stream>.checkpoint in the site's
///           folder of the run, one per training of the round, each replaced atomically: safetensors
///           with the SHA-256 of its tensors and of everything that the training follows from.
/// Off       with an empty folder, hasher or model digest nothing is read or written.
/// Errors    none: a file that is damaged, foreign or of another round is removed, and what cannot be
///           written is left; `notify` gets a line, and the round is trained from its beginning.
/// Threads   one at a time.
#pragma once

#include "common/base/hasher.h"
#include "common/federation/messages.h"
#include "common/federation/parameter_blob.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct EpochCheckpoint {
  int epochs = 0;  ///< done; at least 1
  std::int64_t images_used = 0;
  std::int64_t steps = 0;
  std::vector<TaskCounts> losses;  ///< of the last epoch: n and loss_sum alone
  ParameterBlob net;               ///< the whole network
  ParameterBlob trainer;           ///< Trainer::State
};

class RoundCheckpoints {
 public:
  using Notify = std::function<void(const std::string& line)>;
  /// `notify` may be empty.
  RoundCheckpoints(std::string folder, HasherFactory hasher, Notify notify);

  /// `inputs`: everything beside the model that the training follows from, as text.
  void Begin(RoundNumber round, const ModelRef& model, std::string_view inputs);
  bool keeps() const { return !name_.empty(); }
  /// What Put had under the same round, model, inputs and stream; removes what lies there instead.
  std::optional<EpochCheckpoint> Find(const std::string& stream);
  void Put(const std::string& stream, const EpochCheckpoint& checkpoint);
  /// Removes this stream's, which cannot be used.
  void Drop(const std::string& stream, const std::string& why);
  /// Removes all files, of whatever round.
  void End();

 private:
  std::string FileOf(const std::string& stream) const;
  void Tell(const std::string& line) const;
  /// Removes all files but those of the round at hand.
  void RemoveOthers() const;

  std::string folder_;
  HasherFactory hasher_;
  Notify notify_;
  std::string name_;    // of the round at hand; empty: nothing is kept
  std::string inputs_;  // their digest
};

}  // namespace consilium
