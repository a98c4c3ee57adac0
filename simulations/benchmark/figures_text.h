/// TrainFigures as a table to read and as JSON to work with. Threads: pure.
///
/// JSON, one object: images_per_second (of the median step), images_per_second_min, _max, gflops and
/// gemm_peak_gflops (10^9 operations per second of the steps and of matrix products in the same
/// type), gemm_share (their ratio), peak_rss_mib, peak_rss_of_timed_steps, precision, breakdown and
/// breakdown_share (objects: waiting, forward, loss, backward, optimizer, other, which add up to
/// step_seconds, or to 1; and data, the assembly of batches beside the step), step_seconds (mean),
/// gmac_per_image, backbone, image_size, batch, steps, threads, device, augment.
#pragma once

#include "simulations/benchmark/train_benchmark.h"

#include <string>

namespace consilium {

/// One line, without a newline.
std::string FormatJson(const TrainFigures& figures);
std::string DrawFigures(const TrainFigures& figures);

}  // namespace consilium
