/// Bootstrap confidence intervals by patient, of any metric.
///
///   PatientClusters patients = GroupByPatient(ids_of_images);
///   auto interval = BootstrapByPatient(patients, accuracy_of, {},
///                                      RandomStream(StreamSeed(seed, {"bootstrap", "accuracy"})));
///
/// A resample draws as many patients as there are, with replacement, and takes all images of each,
/// as often as the patient was drawn: images of one patient are not independent. Comparing two
/// methods is a metric too: the difference of theirs on the same images.
///
///   percentile  the (1 - c)/2 and (1 + c)/2 quantiles of the resamples' values
///   BCa         the same at levels moved by the bias z0, from the share of resamples below the
///               estimate (ties half), and by the acceleration a, from the values without each
///               patient in turn
///
/// Units: of the metric. Undefined is empty: all where the metric is undefined on all images; the
/// intervals of fewer than two patients or two defined resamples; BCa where all resamples lie on
/// one side of the estimate, or where a is so large that levels change their order. Resamples where the metric is undefined (one class, say) are left out
/// and counted; so are patients without whom it is undefined, in a. Values without a patient that
/// are all equal give a = 0.
/// Deterministic: equal input and stream give equal bits. Time: resamples + patients calls.
/// Errors: kInvalidArgument: fewer than one resample, confidence outside (0, 1).
/// Threads: pure, if the metric is.
/// Source: Efron (1987); Efron and Tibshirani (1993), chapter 14; Field and Welsh (2007) for
/// clusters. Checked against scipy.stats.bootstrap on its own resamples.
#pragma once

#include "common/base/random_stream.h"
#include "common/base/result.h"
#include "simulations/statistics/inference.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace consilium {

/// Per patient the images, by index.
using PatientClusters = std::vector<std::vector<std::size_t>>;

/// Patients in order of first appearance; `patients[i]` is the patient of image i.
PatientClusters GroupByPatient(std::span<const std::string> patients);

/// The metric of the images with these indices, some several times; empty where it is undefined.
using ImageMetric = std::function<std::optional<double>(std::span<const std::size_t> images)>;

struct BootstrapOptions {
  int resamples = 2000;
  double confidence = 0.95;
};

struct BootstrapResult {
  std::optional<double> estimate;        ///< on all images
  std::optional<double> standard_error;  ///< standard deviation of the resamples' values
  std::optional<Interval> percentile, bca;
  int undefined_resamples = 0;
};

Result<BootstrapResult> BootstrapByPatient(const PatientClusters& patients,
                                           const ImageMetric& metric,
                                           const BootstrapOptions& options, RandomStream stream);

/// Of the resamples' values; empty of fewer than two.
std::optional<Interval> PercentileInterval(std::vector<double> resampled, double confidence);
/// `without`: the values without each patient in turn. Empty as above.
std::optional<Interval> BcaInterval(double estimate, std::vector<double> resampled,
                                    std::span<const double> without, double confidence);

}  // namespace consilium
