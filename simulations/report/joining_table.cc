#include "simulations/report/joining_table.h"

#include "simulations/report/markup.h"
#include "simulations/report/number_text.h"

#include <algorithm>

namespace consilium {
namespace {

std::string Signed(double value) {
  const std::string text = FixedText(value, kShownDigits);
  return text.starts_with('-') ? text : Concat({"+", text});
}

std::string DifferenceText(const PairedTResult& t) {
  if (!t.mean_difference) return "–";
  std::string text = Signed(*t.mean_difference);
  if (t.interval) {
    Append(text, {" [", Signed(t.interval->low), ", ", Signed(t.interval->high), "]"});
  }
  return text;
}

const Joining* Find(const MetricJoining& metric, const Joining& line) {
  const auto found =
      std::find_if(metric.sites.begin(), metric.sites.end(), [&](const Joining& one) {
        return one.method == line.method && one.backbone == line.backbone && one.site == line.site;
      });
  return found == metric.sites.end() ? nullptr : &*found;
}

/// Each site of each federated model once: a metric may lack some.
std::vector<Joining> EachSite(const std::vector<MetricJoining>& metrics) {
  std::vector<Joining> sites;
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    for (const Joining& joining : metrics[m].sites) {
      const bool known = std::any_of(
          metrics.begin(), metrics.begin() + static_cast<std::ptrdiff_t>(m),
          [&](const MetricJoining& before) { return Find(before, joining) != nullptr; });
      if (!known) sites.push_back(joining);
    }
  }
  return sites;
}

}  // namespace

Table JoiningTable(const TaskResults& results, const std::vector<MetricJoining>& metrics) {
  Table table;
  table.header = {"site", "federated", "centers"};
  table.text_columns = 2;
  for (const MetricJoining& one : metrics) table.header.emplace_back(one.metric.title);
  for (const Joining& line : EachSite(metrics)) {
    std::vector<std::string> cells = {line.site, LabelOf({line.method, line.backbone}, results),
                                      std::to_string(line.t.n)};
    for (const MetricJoining& one : metrics) {
      const Joining* const site = Find(one, line);
      cells.push_back(site == nullptr ? "–" : DifferenceText(site->t));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<std::string> JoiningWarnings(const TaskResults& results,
                                         const std::vector<MetricJoining>& metrics) {
  std::vector<std::string> warnings;
  for (const Joining& line : EachSite(metrics)) {
    std::string hurt;
    for (const MetricJoining& one : metrics) {
      const Joining* const site = Find(one, line);
      if (site == nullptr || site->verdict != JoiningVerdict::kHurts) continue;
      Append(hurt, {hurt.empty() ? "" : "; ", one.metric.title, " ", DifferenceText(site->t)});
    }
    if (hurt.empty()) continue;
    warnings.push_back(Concat({"Site ", line.site, " does better alone than in ",
                               LabelOf({line.method, line.backbone}, results), ": ", hurt, "."}));
  }
  return warnings;
}

}  // namespace consilium
