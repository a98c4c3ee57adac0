#include "simulations/results/comparison.h"

#include "simulations/statistics/descriptive.h"
#include "simulations/statistics/holm.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace consilium {
namespace {

template <typename T>
void AddOnce(std::vector<T>& list, const T& item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

struct Names {
  std::vector<std::string> tasks, methods, backbones;
};

Names NamesOf(std::span<const Row> rows) {
  Names names;
  for (const Row& row : rows) {
    AddOnce(names.tasks, row.task);
    AddOnce(names.methods, row.method);
    AddOnce(names.backbones, row.backbone);
  }
  return names;
}

struct Pairs {
  std::vector<double> method, baseline;
};

using BySeed = std::map<std::uint64_t, std::vector<double>>;
using ByCenter = std::map<std::string, BySeed>;

ByCenter ValuesOf(std::span<const Row> rows, const std::string& task, std::string_view method,
                  const std::string& backbone, const NamedMetric& metric) {
  ByCenter values;
  for (const Row& row : rows) {
    if (row.task != task || row.method != method || row.backbone != backbone) continue;
    const std::optional<double>& value = row.metrics.*metric.member;
    if (value && std::isfinite(*value)) values[row.left_out][row.seed].push_back(*value);
  }
  return values;
}

/// One pair per center: means over the seeds that both have.
Pairs PairCenters(const ByCenter& method, const ByCenter& baseline) {
  Pairs pairs;
  for (const auto& [center, seeds] : method) {
    const auto other = baseline.find(center);
    if (other == baseline.end()) continue;
    Pairs of_seeds;
    for (const auto& [seed, values] : seeds) {
      const auto other_values = other->second.find(seed);
      if (other_values == other->second.end()) continue;
      of_seeds.method.push_back(*Mean(values));
      of_seeds.baseline.push_back(*Mean(other_values->second));
    }
    if (of_seeds.method.empty()) continue;
    pairs.method.push_back(*Mean(of_seeds.method));
    pairs.baseline.push_back(*Mean(of_seeds.baseline));
  }
  return pairs;
}

double Rounded(double difference) {
  constexpr double kDecimals = 1e12;
  return std::round(difference * kDecimals) / kDecimals;
}

/// Requires finite pairs, so that no test refuses them.
Comparison Compare(const Pairs& pairs, bool higher_is_better) {
  const Alternative better = higher_is_better ? Alternative::kGreater : Alternative::kLess;
  std::vector<double> differences(pairs.method.size());
  for (std::size_t i = 0; i < differences.size(); ++i) {
    differences[i] = Rounded(pairs.method[i] - pairs.baseline[i]);
  }
  WilcoxonOptions options;
  options.method =
      differences.size() <= kMaxExactPairs ? WilcoxonMethod::kExact : WilcoxonMethod::kApproximate;
  Comparison comparison;
  comparison.t = PairedTTest(pairs.method, pairs.baseline).value();
  comparison.t_p.two_sided = comparison.t.p;
  comparison.t_p.better = PairedTTest(pairs.method, pairs.baseline, better).value().p;
  comparison.wilcoxon = WilcoxonSignedRank(differences, options).value();
  comparison.wilcoxon_p.two_sided = comparison.wilcoxon.p;
  options.alternative = better;
  comparison.wilcoxon_p.better = WilcoxonSignedRank(differences, options).value().p;
  comparison.f = OneWayFTest(std::vector{pairs.method, pairs.baseline}).value();
  return comparison;
}

void CorrectOverMethods(std::span<Comparison> family, PValues Comparison::*test,
                        std::optional<double> PValues::*plain,
                        std::optional<double> PValues::*corrected) {
  std::vector<std::optional<double>> p_values;
  p_values.reserve(family.size());
  for (const Comparison& comparison : family) p_values.push_back(comparison.*test.*plain);
  const std::vector<std::optional<double>> adjusted = HolmAdjusted(p_values).value();
  for (std::size_t i = 0; i < family.size(); ++i) family[i].*test.*corrected = adjusted[i];
}

void CorrectOverMethods(std::span<Comparison> family) {
  for (const auto test : {&Comparison::t_p, &Comparison::wilcoxon_p}) {
    CorrectOverMethods(family, test, &PValues::two_sided, &PValues::holm_two_sided);
    CorrectOverMethods(family, test, &PValues::better, &PValues::holm_better);
  }
}

/// All comparisons of one task and metric.
class MetricComparisons {
 public:
  MetricComparisons(std::span<const Row> rows, const Names& names, const std::string& task,
                    const NamedMetric& metric, std::string_view baseline)
      : rows_(rows), names_(names), task_(task), metric_(metric), baseline_(baseline) {}

  void AppendTo(std::vector<Comparison>& all) const {
    std::map<std::string, Pairs> over_backbones;  // by method
    for (const std::string& backbone : names_.backbones) {
      const ByCenter baseline = ValuesOf(rows_, task_, baseline_, backbone, metric_);
      std::map<std::string, Pairs> over_centers;
      for (const std::string& method : names_.methods) {
        const Pairs pairs =
            PairCenters(ValuesOf(rows_, task_, method, backbone, metric_), baseline);
        if (pairs.method.empty()) continue;
        over_backbones[method].method.push_back(*Mean(pairs.method));
        over_backbones[method].baseline.push_back(*Mean(pairs.baseline));
        over_centers[method] = pairs;
      }
      AppendFamily(over_centers, backbone, all);
    }
    if (names_.backbones.size() > 1) AppendFamily(over_backbones, std::nullopt, all);
  }

 private:
  void AppendFamily(const std::map<std::string, Pairs>& pairs_of_methods,
                    const std::optional<std::string>& backbone,
                    std::vector<Comparison>& all) const {
    const std::size_t first = all.size();
    for (const std::string& method : names_.methods) {
      const auto pairs = pairs_of_methods.find(method);
      if (method == baseline_ || pairs == pairs_of_methods.end()) continue;
      Comparison comparison = Compare(pairs->second, metric_.higher_is_better);
      comparison.task = task_;
      comparison.metric = metric_.name;
      comparison.method = method;
      comparison.baseline = baseline_;
      comparison.backbone = backbone;
      all.push_back(std::move(comparison));
    }
    CorrectOverMethods(std::span(all).subspan(first));
  }

  std::span<const Row> rows_;
  const Names& names_;
  const std::string& task_;
  const NamedMetric& metric_;
  std::string_view baseline_;
};

}  // namespace

std::vector<Comparison> CompareWithBaseline(std::span<const Row> rows, std::string_view baseline) {
  const Names names = NamesOf(rows);
  std::vector<Comparison> all;
  for (const std::string& task : names.tasks) {
    for (const NamedMetric& metric : ReportedMetrics()) {
      MetricComparisons(rows, names, task, metric, baseline).AppendTo(all);
    }
  }
  return all;
}

}  // namespace consilium
