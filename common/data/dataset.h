/// Images with partial labels: what a site trains and evaluates on.
///
/// A Sample is one image; labels[j] is empty where the image has no label of task j: the indicator
/// I(x, tau_j) is `!labels[j].empty()`.
/// Threads: immutable once built; share by shared_ptr<const Dataset>.
#pragma once

#include "common/base/ids.h"
#include "common/base/task_spec.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace consilium {

struct Sample {
  std::string image;  ///< as the manifest names it, relative to the manifest's folder; never leaves
                      ///< the site
  std::string patient;
  std::string center;
  std::vector<std::vector<int>> labels;  ///< per task, LabelWidth values or none
};

/// An image of the manifest that cannot be read.
struct SetAsideImage {
  Sample sample;
  std::string reason;  ///< names the file; never leaves the site
};

struct Dataset {
  std::vector<TaskSpec> tasks;
  std::vector<Sample> samples;
  /// float32 [N, S, S] in 0..1: after the paper's image pipeline, before normalisation. CPU.
  torch::Tensor images;
  std::vector<SetAsideImage> set_aside;  ///< in neither of the two, in the manifest's order
};

/// Indices into Dataset::samples, ascending.
using Indices = std::vector<std::int64_t>;

/// Number of `indices` with a label of task j.
std::int64_t CountLabelled(const Dataset& dataset, const Indices& indices, std::size_t task);
/// Number of images set aside with a label of task j.
std::int64_t CountSetAside(const Dataset& dataset, std::size_t task);
/// Labelled images per class of task j (kClasses), or per class of group `group` (kZoneGroups).
std::vector<std::int64_t> CountClasses(const Dataset& dataset, const Indices& indices,
                                       std::size_t task, std::size_t group = 0);

}  // namespace consilium
