/// The options of `consilium-sim loco` and `study`: text as given, plain structs out.
#pragma once

#include "common/base/result.h"
#include "simulations/cli/model_options.h"
#include "simulations/cohort/cohort.h"
#include "simulations/study/study_options.h"

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace consilium {

struct LocoOptions {
  std::string config;
  CohortRequest cohort;
  ModelOptions model;
  StudyOptions study;  ///< of the choices below, filled by Resolve
  std::vector<std::string> methods = {"local", "stl", "mdmt-central", "mdmt-federated"};
  bool no_sharing = false;    ///< adds mdmt-no-sharing
  bool no_indicator = false;  ///< adds mdmt-no-indicator
  std::string task_weighting = "fixed";
  std::string protocol = "loco";  ///< of `study`; `loco` has no other
  std::string folds;
  std::string folds_mode = "corrected";
  std::string preset;
  std::string heads = "local";
  std::string weighting = "per-group";
  std::string normalisation = "shared";
  std::string reduction = "labelled";
  std::string transport = "in-process";
  bool no_augment = false;
  std::string device = "cpu";
  std::string precision = "auto";
  int jobs = 0;  ///< 0: cores / threads
  std::string out;
  bool resume = false;
  bool keep_models = false;
  bool json = false;
};

void AddLocoOptions(CLI::App& command, LocoOptions& options);
/// --protocol, --folds, --folds-mode, --preset of `study`.
void AddProtocolOptions(CLI::App& command, LocoOptions& options);

/// Gives each value of `options.preset` to `command` unless the command line or the configuration
/// file has it, and notes in `options.study.preset` where those differ. Without a preset nothing.
/// Call after ApplyConfig. Errors: kInvalidArgument "preset: ...".
Status ApplyPreset(CLI::App& command, LocoOptions& options);

/// Turns text into `study` and `cohort`, and checks everything that needs no file of the cohort.
/// Precision `auto` stays so until the study begins.
/// Errors: kInvalidArgument "field: what is wrong and what was expected".
Status Resolve(LocoOptions& options);

}  // namespace consilium
