#include "aggregator/counts_json.h"

#include "aggregator/json_fields.h"

namespace consilium {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
constexpr std::int64_t kMaxClasses = 1000;
constexpr std::size_t kMaxParts = 128;  // zones or groups of one task

/// The few bins that are not empty, as [bin, count]; null for a task without histograms.
Json HistogramToJson(const std::vector<std::int64_t>& histogram) {
  if (histogram.empty()) return nullptr;
  Json pairs = Json::array();
  for (std::size_t bin = 0; bin < histogram.size(); ++bin) {
    if (histogram[bin] != 0) pairs.push_back({bin, histogram[bin]});
  }
  return pairs;
}

std::vector<std::int64_t> Histogram(Fields& fields, std::string_view name) {
  if (fields.At(name).is_null()) return {};
  std::vector<std::int64_t> histogram(kScoreBins, 0);
  for (const Json& pair : fields.Array(name, kScoreBins)) {
    const bool valid = pair.is_array() && pair.size() == 2 && pair[0].is_number_unsigned() &&
                       pair[1].is_number_unsigned() &&
                       pair[0].get<std::uint64_t>() < static_cast<std::uint64_t>(kScoreBins) &&
                       pair[1].get<std::uint64_t>() <= static_cast<std::uint64_t>(kMaxCount);
    if (!valid) {
      fields.Fail(std::string(name) + ": expected pairs of bin and count");
      return {};
    }
    histogram[pair[0].get<std::size_t>()] = pair[1].get<std::int64_t>();
  }
  return histogram;
}

Json ClassesToJson(const ClassCounts& counts) {
  return {{"classes", counts.classes},
          {"confusion", counts.confusion},
          {"negative_scores", HistogramToJson(counts.negative_scores)},
          {"positive_scores", HistogramToJson(counts.positive_scores)}};
}

Result<ClassCounts> ClassesFromJson(const Json& json) {
  Fields fields(json);
  ClassCounts counts;
  counts.classes = static_cast<int>(fields.Integer("classes", 0, kMaxClasses));
  const auto cells = static_cast<std::size_t>(counts.classes) * counts.classes;
  const Json& confusion = fields.Array("confusion", cells);
  if (confusion.size() != cells) fields.Fail("confusion: expected classes x classes counts");
  for (const Json& cell : confusion) {
    if (!cell.is_number_unsigned() ||
        cell.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxCount)) {
      fields.Fail("confusion: expected counts");
      break;
    }
    counts.confusion.push_back(cell.get<std::int64_t>());
  }
  counts.negative_scores = Histogram(fields, "negative_scores");
  counts.positive_scores = Histogram(fields, "positive_scores");
  CONSILIUM_RETURN_IF_ERROR(fields.status());
  return counts;
}

Json ZoneToJson(const ZoneCounts& counts) {
  return {{"n", counts.n},
          {"exact", counts.exact},
          {"sum_abs", NumberToJson(counts.sum_abs)},
          {"sum_square", NumberToJson(counts.sum_square)},
          {"sum_p", NumberToJson(counts.sum_p)},
          {"sum_t", NumberToJson(counts.sum_t)},
          {"sum_pp", NumberToJson(counts.sum_pp)},
          {"sum_tt", NumberToJson(counts.sum_tt)},
          {"sum_pt", NumberToJson(counts.sum_pt)}};
}

Result<ZoneCounts> ZoneFromJson(const Json& json) {
  Fields fields(json);
  ZoneCounts counts;
  counts.n = fields.Integer("n", 0, kMaxCount);
  counts.exact = fields.Integer("exact", 0, kMaxCount);
  counts.sum_abs = fields.Number("sum_abs");
  counts.sum_square = fields.Number("sum_square");
  counts.sum_p = fields.Number("sum_p");
  counts.sum_t = fields.Number("sum_t");
  counts.sum_pp = fields.Number("sum_pp");
  counts.sum_tt = fields.Number("sum_tt");
  counts.sum_pt = fields.Number("sum_pt");
  CONSILIUM_RETURN_IF_ERROR(fields.status());
  return counts;
}

}  // namespace

Json CountsToJson(const TaskCounts& counts) {
  Json classifications = Json::array();
  for (const ClassCounts& part : counts.classifications) {
    classifications.push_back(ClassesToJson(part));
  }
  Json zones = Json::array();
  for (const ZoneCounts& part : counts.zones) zones.push_back(ZoneToJson(part));
  return {{"task", counts.task.str()},
          {"n", counts.n},
          {"loss_sum", NumberToJson(counts.loss_sum)},
          {"classifications", std::move(classifications)},
          {"zones", std::move(zones)}};
}

Result<TaskCounts> CountsFromJson(const Json& json) {
  Fields fields(json);
  TaskCounts counts;
  counts.task = TaskId(fields.Text("task", 64));
  counts.n = fields.Integer("n", 0, kMaxCount);
  counts.loss_sum = fields.Number("loss_sum");
  const Json& classifications = fields.Array("classifications", kMaxParts);
  const Json& zones = fields.Array("zones", kMaxParts);
  CONSILIUM_RETURN_IF_ERROR(fields.status());
  for (const Json& part : classifications) {
    CONSILIUM_ASSIGN_OR_RETURN(ClassCounts read, ClassesFromJson(part));
    counts.classifications.push_back(std::move(read));
  }
  for (const Json& part : zones) {
    CONSILIUM_ASSIGN_OR_RETURN(const ZoneCounts read, ZoneFromJson(part));
    counts.zones.push_back(read);
  }
  return counts;
}

}  // namespace consilium
