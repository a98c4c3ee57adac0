#include "simulations/statistics/bootstrap.h"

#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/distributions.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace consilium {
namespace {

void AppendImages(std::vector<std::size_t>& images, const std::vector<std::size_t>& of_patient) {
  images.insert(images.end(), of_patient.begin(), of_patient.end());
}

std::vector<double> ValuesWithoutEach(const PatientClusters& patients, const ImageMetric& metric) {
  std::vector<double> values;
  values.reserve(patients.size());
  std::vector<std::size_t> images;
  for (std::size_t left_out = 0; left_out < patients.size(); ++left_out) {
    images.clear();
    for (std::size_t p = 0; p < patients.size(); ++p) {
      if (p != left_out) AppendImages(images, patients[p]);
    }
    if (const auto value = metric(images)) values.push_back(*value);
  }
  return values;
}

std::vector<double> ResampledValues(const PatientClusters& patients, const ImageMetric& metric,
                                    int resamples, RandomStream& stream) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(resamples));
  std::vector<std::size_t> images;
  for (int r = 0; r < resamples; ++r) {
    images.clear();
    for (std::size_t draw = 0; draw < patients.size(); ++draw) {
      AppendImages(images, patients[stream.Below(patients.size())]);
    }
    if (const auto value = metric(images)) values.push_back(*value);
  }
  return values;
}

/// Positive where the values without a patient have a long tail below: a of Efron (1987).
double Acceleration(std::span<const double> without) {
  const std::optional<double> mean = Mean(without);
  if (!mean) return 0;
  double square = 0;
  double cube = 0;
  for (const double value : without) {
    const double distance = *mean - value;
    square += distance * distance;
    cube += distance * distance * distance;
  }
  return square > 0 ? cube / (6 * std::pow(square, 1.5)) : 0;
}

/// Empty where the acceleration turns the order of levels round.
std::optional<double> MovedLevel(double z, double bias, double acceleration) {
  const double moved = bias + z;
  const double scale = 1 - acceleration * moved;
  if (!(scale > 0)) return std::nullopt;
  return NormalLowerTail(bias + moved / scale);
}

}  // namespace

PatientClusters GroupByPatient(std::span<const std::string> patients) {
  PatientClusters clusters;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t image = 0; image < patients.size(); ++image) {
    const auto [place, is_new] = places.try_emplace(patients[image], clusters.size());
    if (is_new) clusters.emplace_back();
    clusters[place->second].push_back(image);
  }
  return clusters;
}

Result<BootstrapResult> BootstrapByPatient(const PatientClusters& patients,
                                           const ImageMetric& metric,
                                           const BootstrapOptions& options, RandomStream stream) {
  if (options.resamples < 1) return InvalidArgument("a bootstrap takes at least one resample");
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return InvalidArgument("a confidence lies between 0 and 1");
  }
  std::vector<std::size_t> all;
  for (const std::vector<std::size_t>& of_patient : patients) AppendImages(all, of_patient);
  BootstrapResult result;
  result.estimate = metric(all);
  if (!result.estimate || patients.size() < 2) return result;
  const std::vector<double> resampled =
      ResampledValues(patients, metric, options.resamples, stream);
  result.undefined_resamples = options.resamples - static_cast<int>(resampled.size());
  result.standard_error = SampleDeviation(resampled);
  result.percentile = PercentileInterval(resampled, options.confidence);
  result.bca = BcaInterval(*result.estimate, resampled, ValuesWithoutEach(patients, metric),
                           options.confidence);
  return result;
}

std::optional<Interval> PercentileInterval(std::vector<double> resampled, double confidence) {
  if (resampled.size() < 2) return std::nullopt;
  std::sort(resampled.begin(), resampled.end());
  return Interval{Quantile(resampled, (1 - confidence) / 2),
                  Quantile(resampled, (1 + confidence) / 2)};
}

std::optional<Interval> BcaInterval(double estimate, std::vector<double> resampled,
                                    std::span<const double> without, double confidence) {
  if (resampled.size() < 2) return std::nullopt;
  std::sort(resampled.begin(), resampled.end());
  const auto [first, end] = std::equal_range(resampled.begin(), resampled.end(), estimate);
  const double share =
      0.5 * static_cast<double>((first - resampled.begin()) + (end - resampled.begin())) /
      static_cast<double>(resampled.size());
  if (!(share > 0 && share < 1)) return std::nullopt;
  const double bias = NormalQuantile(share);
  const double acceleration = Acceleration(without);
  const double z = NormalQuantile(0.5 + confidence / 2);
  const std::optional<double> low = MovedLevel(-z, bias, acceleration);
  const std::optional<double> high = MovedLevel(z, bias, acceleration);
  if (!low || !high) return std::nullopt;
  return Interval{Quantile(resampled, *low), Quantile(resampled, *high)};
}

}  // namespace consilium
