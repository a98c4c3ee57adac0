/// Published weights into a network: a file of any format that ReadTensorFile knows, with the
/// reference's names.
///
/// Names may all carry "module." or "backbone." or both, in any order; names of DenseNet's older
/// files ("norm.1") are understood. Counters (num_batches_tracked) may be absent, as in older files.
/// What the network does not have is left out, and said, if it is a head: under the classifier's
/// name, or under fc, classifier, head, heads, aux1, aux2 or AuxLogits. Everything else must match.
/// Errors: kNotFound, kInvalidArgument; the message names the file and lists what is missing, surplus
/// or of another shape; nothing is written then. Threads: the network's thread.
#pragma once

#include "common/base/result.h"
#include "common/nn/classifier_net.h"

#include <torch/nn/module.h>

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct LoadedWeights {
  /// Heads of the file that the network does not take: "classifier fc (1000 classes)",
  /// "aux1 (12 entries)".
  std::vector<std::string> dropped;
  bool has_classifier = false;  ///< always false for a backbone alone
};

/// The backbone of `net`, whose entries are called "backbone.<reference's name>". `classifier` is
/// the table's (BackboneInfo::classifier), "" if there is none.
Result<LoadedWeights> LoadBackboneWeights(torch::nn::Module& net, std::string_view classifier,
                                          const std::string& path);

/// Backbone and classifier. A file without the classifier, or with one of another number of classes
/// (which is left out and said), leaves the network's as it is.
Result<LoadedWeights> LoadClassifierNet(ClassifierNet& net, const BackboneInfo& info,
                                        const std::string& path);

}  // namespace consilium
