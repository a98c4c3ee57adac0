#include "simulations/report/joining.h"

#include "simulations/statistics/descriptive.h"

#include <cmath>
#include <map>
#include <set>

namespace consilium {
namespace {

constexpr std::string_view kAlone = "local";

using CenterAndSeed = std::pair<std::string, std::uint64_t>;
using Values = std::map<CenterAndSeed, double>;
using ModelAndSite = std::pair<ModelKind, std::string>;

std::optional<double> ValueOf(const Row& row, const ShownMetric& metric) {
  const std::optional<double> value = row.metrics.*ReportedMetrics()[metric.index].member;
  return value && std::isfinite(*value) ? value : std::nullopt;
}

struct Sides {
  std::map<ModelAndSite, Values> alone;
  std::map<ModelKind, Values> federated;
};

Sides SidesOf(std::span<const Row> rows, const TaskResults& results, const ShownMetric& metric) {
  Sides sides;
  for (const Row& row : rows) {
    if (row.protocol != results.protocol || row.task != results.task) continue;
    const std::optional<double> value = ValueOf(row, metric);
    if (!value) continue;
    const ModelKind model = {row.method, row.backbone};
    if (row.method == kAlone && row.site) {
      sides.alone[{model, *row.site}][{row.left_out, row.seed}] = *value;
    } else if (row.strategy) {
      sides.federated[model][{row.left_out, row.seed}] = *value;
    }
  }
  return sides;
}

/// Federated against alone, one pair per center.
PairedTResult Compare(const Values& federated, const Values& alone) {
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> centers;
  for (const auto& [key, value] : alone) {
    const auto joined = federated.find(key);
    if (joined == federated.end()) continue;
    centers[key.first].first.push_back(joined->second);
    centers[key.first].second.push_back(value);
  }
  std::vector<double> a;
  std::vector<double> b;
  for (const auto& [center, values] : centers) {
    a.push_back(*Mean(values.first));
    b.push_back(*Mean(values.second));
  }
  const Result<PairedTResult> t = PairedTTest(a, b);
  return t.ok() ? *t : PairedTResult();
}

JoiningVerdict VerdictOf(const PairedTResult& t, bool higher_is_better) {
  if (!t.interval || (t.interval->low <= 0 && t.interval->high >= 0)) return JoiningVerdict::kOpen;
  return (t.interval->low > 0) == higher_is_better ? JoiningVerdict::kHelps
                                                   : JoiningVerdict::kHurts;
}

}  // namespace

std::vector<Joining> CompareJoining(std::span<const Row> rows, const TaskResults& results,
                                    const ShownMetric& metric) {
  const Sides sides = SidesOf(rows, results, metric);
  std::vector<Joining> list;
  for (const auto& [model, federated] : sides.federated) {
    for (const auto& [alone_and_site, alone] : sides.alone) {
      const auto& [other, site] = alone_and_site;
      if (other.backbone != model.backbone) continue;
      const PairedTResult t = Compare(federated, alone);
      if (t.n == 0) continue;
      const JoiningVerdict verdict = VerdictOf(t, metric.higher_is_better);
      list.push_back({model.method, model.backbone, site, t, verdict});
    }
  }
  return list;
}

}  // namespace consilium
