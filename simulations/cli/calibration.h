/// How long a job's images take here, and in how much memory: a few training steps of its backbone
/// in a process of its own (`consilium-sim bench train`), one for each kind of job.
///
/// Of large batches on a processor two small ones are timed, and memory is taken to grow by the
/// same amount with every image.
/// Units: images per second, MiB. Threads: one per object.
#pragma once

#include "common/base/result.h"
#include "simulations/cli/loco_options.h"

#include <map>
#include <string>

namespace consilium {

struct Calibration {
  double images_per_second = 0;
  double memory_mib = 0;  ///< of one process that trains, without its images
};

class Calibrator {
 public:
  /// `program`: consilium-sim. `steps` timed, after two to warm up.
  Calibrator(std::string program, int steps) : program_(std::move(program)), steps_(steps) {}

  /// Errors: kInternal, kCancelled: the measurement failed; what it said.
  Result<Calibration> Of(const LocoOptions& options);

 private:
  Result<Calibration> Measure(const LocoOptions& options, int batch);
  std::string program_;
  int steps_;
  std::map<std::string, Calibration> known_;
};

}  // namespace consilium
