#include "simulations/results/training_record.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <typename T>
std::optional<T> FromJson(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<T>();
}

Json CurveToJson(const LearningCurve& curve) {
  Json json = Json::array();
  for (const auto& value : curve) {
    json.push_back(value && std::isfinite(*value) ? Json(*value) : Json(nullptr));
  }
  return json;
}

LearningCurve CurveFromJson(const Json& json) {
  LearningCurve curve;
  curve.reserve(json.size());
  for (const Json& value : json) curve.push_back(FromJson<double>(value));
  return curve;
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

}  // namespace

std::string FormatTrainingRecord(const TrainingRecord& record) {
  Json predictions = Json::array();
  for (const auto& [left_out, file] : record.predictions) {
    predictions.push_back({{"left_out", left_out}, {"file", file}});
  }
  const Json json = {{"protocol", record.protocol},
                     {"method", record.method},
                     {"site", OrNull(record.site)},
                     {"backbone", record.backbone},
                     {"seed", record.seed},
                     {"predictions", std::move(predictions)},
                     {"seconds", OrNull(record.seconds)},
                     {"bytes_to_sites", OrNull(record.bytes_to_sites)},
                     {"bytes_from_sites", OrNull(record.bytes_from_sites)},
                     {"validation_loss", CurveToJson(record.validation_loss)},
                     {"update_cosine", CurveToJson(record.update_cosine)}};
  // Names come from manifests: what is not UTF-8 is replaced, not thrown over.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<TrainingRecord> ParseTrainingRecord(std::string_view json,
                                           const std::string& name_for_errors) {
  try {
    const Json root = Json::parse(json);
    TrainingRecord record;
    record.protocol = root.at("protocol").get<std::string>();
    record.method = root.at("method").get<std::string>();
    record.site = FromJson<std::string>(root.at("site"));
    record.backbone = root.at("backbone").get<std::string>();
    record.seed = root.at("seed").get<std::uint64_t>();
    for (const Json& one : root.at("predictions")) {
      record.predictions.emplace_back(one.at("left_out").get<std::string>(),
                                      one.at("file").get<std::string>());
      if (!IsPlainName(record.predictions.back().second)) {
        return InvalidArgument(name_for_errors + ": predictions: file: is no plain name");
      }
    }
    record.seconds = FromJson<double>(root.at("seconds"));
    record.bytes_to_sites = FromJson<std::uint64_t>(root.at("bytes_to_sites"));
    record.bytes_from_sites = FromJson<std::uint64_t>(root.at("bytes_from_sites"));
    record.validation_loss = CurveFromJson(root.at("validation_loss"));
    record.update_cosine = CurveFromJson(root.at("update_cosine"));
    return record;
  } catch (const Json::exception& error) {
    return InvalidArgument(name_for_errors + ": not as written by this program: " + error.what());
  }
}

}  // namespace consilium
