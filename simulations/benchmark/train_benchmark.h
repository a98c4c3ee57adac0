/// How fast a machine trains: the Trainer of every run, on random images that lie in memory.
///
///   CONSILIUM_ASSIGN_OR_RETURN(TrainFigures figures, TrainBenchmark({.backbone = "resnet50"}));
///   std::cout << DrawFigures(figures);  // figures_text.h
///
/// What runs      a network with the paper's two default tasks (prognosis in classes, Brixia in
///                zones), every image labelled for both, Adam; batches are gathered, augmented and
///                normalised as in a run. Some steps to warm up, then the timed ones.
/// Steps' times   wall time from one step's end to the next; the first from the epoch's begin, so
///                waiting for the first batch is in it. On a GPU each step is waited for.
/// Units          seconds, images per second, floating-point operations (a multiply-add is two), MiB.
/// Threads        the calling one, whose intra-op threads it sets.
#pragma once

#include "common/base/result.h"
#include "common/training/compute_options.h"
#include "common/training/step_times.h"

#include <cstdint>
#include <string>

namespace consilium {

struct TrainBenchmarkOptions {
  std::string backbone = "resnet18";
  int image_size = 224;  ///< pixels, square
  int batch = 16;
  int steps = 10;  ///< timed
  int warm_up = 2;
  ComputeOptions compute;
  bool augment = true;
  std::uint64_t seed = 1;
};

struct TrainFigures {
  TrainBenchmarkOptions options;  ///< precision as it was resolved
  double images_per_second = 0;   ///< of the median step
  double images_per_second_min = 0;
  double images_per_second_max = 0;
  double seconds_per_step = 0;  ///< mean, which `times` and `other` add up to
  StepTimes times;              ///< per step; `data` passes beside the step and is no part of it
  double other = 0;             ///< of a step, beyond what `times` names
  double multiply_adds = 0;     ///< of one image's forward pass
  double flops = 0;             ///< per second at the median: 6 x multiply_adds x images
  double matrix_flops = 0;      ///< per second of matrix products in the same type
  double peak_memory_mib = 0;
  bool peak_of_timed_steps = false;  ///< else of the whole process
};

/// Errors: kInvalidArgument "option: what is wrong and what was expected"; those of the Trainer;
/// kCancelled if the process was interrupted.
Result<TrainFigures> TrainBenchmark(const TrainBenchmarkOptions& options);

}  // namespace consilium
