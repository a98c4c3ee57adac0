/// Parts of a Dataset that share its images. Threads: pure.
#pragma once

#include "common/data/splits.h"

#include <map>
#include <memory>
#include <string>

namespace consilium {

/// The same samples with the labels of task `task` alone; shares the images.
std::shared_ptr<const Dataset> SingleTaskView(const Dataset& dataset, std::size_t task);

/// The same samples, all tasks, with the labels of task `task` alone; shares the images.
std::shared_ptr<const Dataset> OneTaskLabelsView(const Dataset& dataset, std::size_t task);

/// The same samples with zeros for the labels that are missing (class 0, zone scores 0), unless a
/// sample has none at all; shares the images.
std::shared_ptr<const Dataset> ZeroFilledView(const Dataset& dataset);

/// Those of `indices` with labels of every task.
Indices WithEveryLabel(const Dataset& dataset, const Indices& indices);

/// The samples `indices` in their order; shares the images if they lie together, else copies them.
std::shared_ptr<const Dataset> PartOf(const Dataset& dataset, const Indices& indices);

/// All of a split, ascending.
Indices TrainingAndValidation(const Split& split);
/// `split` counted within `images`, which holds all of it: as the PartOf of `images` has it.
Split SplitInside(const Split& split, const Indices& images);

/// Each center's samples in their order: what that center's own site process would load. Centers
/// that lie together in `dataset` share its images, others get a copy.
std::map<std::string, std::shared_ptr<const Dataset>> CenterDatasets(const Dataset& dataset);

}  // namespace consilium
