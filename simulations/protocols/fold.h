/// What every protocol makes: who trains, who validates and who is tested, for every method alike.
///
/// A fold is a test set and the training sites with their splits. Nothing but the images of `sites`
/// reaches a training: a site of a federated fold is given its own train and validation images and
/// no other.
/// Threads: pure.
#pragma once

#include "common/base/result.h"
#include "common/data/dataset.h"
#include "common/data/splits.h"
#include "simulations/results/provenance.h"

#include <string>
#include <vector>

namespace consilium {

struct SiteSplit {
  std::string center;
  Split split;
};

struct Fold {
  /// The left-out center ("A"), centers ("A+SIEMENS"), fold ("fold0") or part ("test"); unique.
  std::string name;
  Indices test;
  std::vector<SiteSplit> sites;  ///< in order of name of their centers
};

struct FoldSet {
  std::size_t target = 0;  ///< index of the target task: the first of kind kClasses
  std::vector<Fold> folds;
  /// A center has the same split in every fold that trains on it (leave-one-center-out), so that
  /// one model of a center alone serves all folds.
  bool same_splits = true;
  /// The splits are not those that a site draws itself: it must be told (FederatedRun::splits).
  bool listed = false;
  std::vector<ListFault> faults;
};

/// Errors: kInvalidArgument: no classification task; `protocol` needs one.
Result<std::size_t> TargetTask(const Dataset& dataset, std::string_view protocol);

/// Errors: kInvalidArgument naming a patient in two of train, validation and test.
Status CheckPatientsApart(const Dataset& dataset, const Fold& fold);

/// One line for each center whose target labels are all of one class.
std::vector<std::string> OneClassCenters(const Dataset& dataset, std::size_t target);

/// Those of `indices` with a label of task `task`.
Indices WithLabel(const Dataset& dataset, const Indices& indices, std::size_t task);

/// Training (or validation) images of all sites of a fold, ascending.
Indices PooledTraining(const Fold& fold);
Indices PooledValidation(const Fold& fold);

/// Lines "seed,fold,image,center,part" of all folds, without a header; part: train, validation,
/// test.
std::string FoldLines(const Dataset& dataset, const FoldSet& folds, std::uint64_t seed);

}  // namespace consilium
