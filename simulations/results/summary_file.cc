#include "simulations/results/summary_file.h"

#include "simulations/results/aggregate.h"
#include "simulations/results/comparison.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;

Json Number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}
Json Text(const std::optional<std::string>& value) { return value ? Json(*value) : Json(nullptr); }

Json MetricsToJson(const TaskMetrics& metrics) {
  Json json = Json::object();
  for (const NamedMetric& metric : ReportedMetrics()) {
    json[std::string(metric.name)] = Number(metrics.*metric.member);
  }
  return json;
}

Json RowToJson(const Row& row) {
  return {{"protocol", row.protocol},
          {"left_out", row.left_out},
          {"method", row.method},
          {"site", Text(row.site)},
          {"backbone", row.backbone},
          {"task", row.task},
          {"seed", row.seed},
          {"heads", Text(row.heads)},
          {"weighting", Text(row.weighting)},
          {"transport", Text(row.transport)},
          {"strategy", Text(row.strategy)},
          {"precision", row.precision},
          {"threads", row.threads},
          {"n_test", row.n_test},
          {"metrics", MetricsToJson(row.metrics)},
          {"model_sha256", row.model_sha256}};
}

std::optional<std::string> TextFrom(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<std::string>();
}

Row RowFromJson(const Json& json) {
  Row row;
  row.protocol = json.at("protocol").get<std::string>();
  row.left_out = json.at("left_out").get<std::string>();
  row.method = json.at("method").get<std::string>();
  row.site = TextFrom(json.at("site"));
  row.backbone = json.at("backbone").get<std::string>();
  row.task = json.at("task").get<std::string>();
  row.seed = json.at("seed").get<std::uint64_t>();
  row.heads = TextFrom(json.at("heads"));
  row.weighting = TextFrom(json.at("weighting"));
  row.transport = TextFrom(json.at("transport"));
  row.strategy = TextFrom(json.at("strategy"));
  row.precision = json.at("precision").get<std::string>();
  row.threads = json.at("threads").get<int>();
  row.n_test = json.at("n_test").get<std::int64_t>();
  row.model_sha256 = json.at("model_sha256").get<std::string>();
  const Json& metrics = json.at("metrics");
  for (const NamedMetric& metric : ReportedMetrics()) {
    const Json& value = metrics.at(std::string(metric.name));
    if (!value.is_null()) row.metrics.*metric.member = value.get<double>();
  }
  row.metrics.n = row.n_test;
  return row;
}

Json AggregateToJson(const AggregateRow& aggregate) {
  Json mean = Json::object();
  Json sd_centers = Json::object();
  Json sd_seeds = Json::object();
  for (std::size_t m = 0; m < ReportedMetrics().size(); ++m) {
    const std::string name(ReportedMetrics()[m].name);
    mean[name] = Number(aggregate.metrics[m].mean);
    sd_centers[name] = Number(aggregate.metrics[m].sd_centers);
    sd_seeds[name] = Number(aggregate.metrics[m].sd_seeds);
  }
  return {{"method", aggregate.method},
          {"backbone", aggregate.backbone},
          {"task", aggregate.task},
          {"left_out", Text(aggregate.left_out)},
          {"n_centers", aggregate.n_centers},
          {"n_seeds", aggregate.n_seeds},
          {"n_test", aggregate.n_test},
          {"mean", std::move(mean)},
          {"sd_centers", std::move(sd_centers)},
          {"sd_seeds", std::move(sd_seeds)}};
}

Json PValuesToJson(const PValues& p) {
  return {{"p", Number(p.two_sided)},
          {"p_better", Number(p.better)},
          {"holm", Number(p.holm_two_sided)},
          {"holm_better", Number(p.holm_better)}};
}

Json ComparisonToJson(const Comparison& comparison) {
  const PairedTResult& t = comparison.t;
  const auto interval = t.interval ? Json::array({t.interval->low, t.interval->high}) : Json();
  Json t_test = {{"statistic", Number(t.t)}};
  t_test.update(PValuesToJson(comparison.t_p));
  Json wilcoxon = {{"w_plus", comparison.wilcoxon.w_plus},
                   {"w_minus", comparison.wilcoxon.w_minus}};
  wilcoxon.update(PValuesToJson(comparison.wilcoxon_p));
  return {{"task", comparison.task},
          {"metric", comparison.metric},
          {"method", comparison.method},
          {"baseline", comparison.baseline},
          {"backbone", Text(comparison.backbone)},
          {"over", comparison.backbone ? "centers" : "backbones"},
          {"n_pairs", t.n},
          {"mean_difference", Number(t.mean_difference)},
          {"sd", Number(t.sd)},
          {"se", Number(t.se)},
          {"interval_95", interval},
          {"cohens_dz", Number(t.cohens_dz)},
          {"rank_biserial", Number(comparison.wilcoxon.rank_biserial)},
          {"t_test", std::move(t_test)},
          {"wilcoxon", std::move(wilcoxon)},
          {"f_test", {{"statistic", Number(comparison.f.f)}, {"p", Number(comparison.f.p)}}}};
}

Json RowsToJson(std::span<const Row> rows) {
  Json json = Json::array();
  for (const Row& row : rows) json.push_back(RowToJson(row));
  return json;
}

std::vector<Row> RowsFromJson(const Json& json) {
  std::vector<Row> rows;
  for (const Json& row : json) rows.push_back(RowFromJson(row));
  return rows;
}

/// Runs `read` on the parsed text; nlohmann's exceptions end here.
template <typename T, typename Read>
Result<T> Parsed(std::string_view text, const std::string& name, Read&& read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception& error) {
    return InvalidArgument(name + ": not as written by this program: " + error.what());
  }
}

std::string ShortestDecimal(const std::optional<double>& value) {
  const Json json = Number(value);
  return json.is_null() ? "" : json.dump();
}

Json PresetToJson(const PresetUse& preset) {
  if (preset.name.empty()) return nullptr;
  Json differences = Json::array();
  for (const PresetDifference& row : preset.differences) {
    differences.push_back({{"option", row.option}, {"preset", row.preset}, {"used", row.used}});
  }
  return {
      {"name", preset.name}, {"differences", std::move(differences)}, {"without", preset.without}};
}

Json FaultsToJson(const std::vector<ListFault>& faults) {
  Json json = Json::array();
  for (const ListFault& fault : faults) {
    json.push_back({{"fault", fault.name}, {"count", fault.count}, {"what", fault.text}});
  }
  return json;
}

/// Files of earlier versions have none of these.
void ReadProvenance(const Json& root, Summary& summary) {
  summary.protocol = root.value("protocol", summary.protocol);
  if (const auto preset = root.find("preset"); preset != root.end() && preset->is_object()) {
    summary.preset.name = preset->at("name").get<std::string>();
    summary.preset.without = preset->at("without").get<std::vector<std::string>>();
    for (const Json& row : preset->at("differences")) {
      summary.preset.differences.push_back({row.at("option").get<std::string>(),
                                            row.at("preset").get<std::string>(),
                                            row.at("used").get<std::string>()});
    }
  }
  if (const auto faults = root.find("list_faults"); faults != root.end()) {
    for (const Json& fault : *faults) {
      summary.list_faults.push_back({fault.at("fault").get<std::string>(),
                                     fault.at("count").get<std::int64_t>(),
                                     fault.at("what").get<std::string>()});
    }
  }
}

}  // namespace

std::string FormatSummary(const Summary& summary) {
  Json aggregates = Json::array();
  for (const AggregateRow& aggregate : AggregateRows(summary.rows)) {
    aggregates.push_back(AggregateToJson(aggregate));
  }
  Json comparisons = Json::array();
  for (const Comparison& comparison : CompareWithBaseline(summary.rows)) {
    comparisons.push_back(ComparisonToJson(comparison));
  }
  const Json json = {{"version", summary.version},
                     {"cohort", summary.cohort},
                     {"protocol", summary.protocol},
                     {"preset", PresetToJson(summary.preset)},
                     {"list_faults", FaultsToJson(summary.list_faults)},
                     {"seeds", summary.seeds},
                     {"backbones", summary.backbones},
                     {"rows", RowsToJson(summary.rows)},
                     {"aggregate", std::move(aggregates)},
                     {"comparisons", std::move(comparisons)}};
  return json.dump(2) + "\n";
}

Result<Summary> ParseSummary(std::string_view json, const std::string& name_for_errors) {
  return Parsed<Summary>(json, name_for_errors, [](const Json& root) {
    Summary summary;
    summary.version = root.at("version").get<std::string>();
    summary.cohort = root.at("cohort").get<std::string>();
    summary.seeds = root.at("seeds").get<std::vector<std::uint64_t>>();
    summary.backbones = root.at("backbones").get<std::vector<std::string>>();
    summary.rows = RowsFromJson(root.at("rows"));
    ReadProvenance(root, summary);
    return summary;
  });
}

std::string FormatRows(std::span<const Row> rows) { return RowsToJson(rows).dump(1) + "\n"; }

Result<std::vector<Row>> ParseRows(std::string_view json, const std::string& name_for_errors) {
  return Parsed<std::vector<Row>>(json, name_for_errors, RowsFromJson);
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string FormatSummaryCsv(std::span<const Row> rows) {
  std::string csv =
      "protocol,left_out,method,site,backbone,task,seed,heads,weighting,transport,strategy,"
      "precision,threads,n_test";
  for (const NamedMetric& metric : ReportedMetrics()) csv += "," + std::string(metric.name);
  csv += ",model_sha256\n";
  for (const Row& row : rows) {
    const std::string texts[] = {row.protocol,
                                 row.left_out,
                                 row.method,
                                 row.site.value_or(""),
                                 row.backbone,
                                 row.task,
                                 std::to_string(row.seed),
                                 row.heads.value_or(""),
                                 row.weighting.value_or(""),
                                 row.transport.value_or(""),
                                 row.strategy.value_or(""),
                                 row.precision,
                                 std::to_string(row.threads),
                                 std::to_string(row.n_test)};
    for (const std::string& text : texts) csv += CsvField(text) + ",";
    for (const NamedMetric& metric : ReportedMetrics()) {
      csv += ShortestDecimal(row.metrics.*metric.member) + ",";
    }
    csv += row.model_sha256 + "\n";
  }
  return csv;
}

}  // namespace consilium
