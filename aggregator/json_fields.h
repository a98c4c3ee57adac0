/// Fields of a JSON object, checked: no exception, no number that does not fit.
///
///   Fields fields(object);  auto round = fields.Integer("round", 0, 1'000'000);
///   CONSILIUM_RETURN_IF_ERROR(fields.status());
///
/// The first fault is kept and later reads give empty values, so that a record is read in one go
/// and asked once. Threads: one object, one thread.
#pragma once

#include "common/base/result.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace consilium {

class Fields {
 public:
  /// `json` must outlive the Fields.
  explicit Fields(const nlohmann::json& json) : json_(json) {
    if (!json.is_object()) Fail("is not an object");
  }

  const Status& status() const { return status_; }
  void Fail(const std::string& what) {
    if (status_.ok()) status_ = DataLoss(what);
  }

  std::int64_t Integer(std::string_view name, std::int64_t low, std::int64_t high) {
    const nlohmann::json& value = At(name);
    // Unsigned numbers above int64 would wrap.
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() ||
                       value.get<std::uint64_t>() <=
                           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
      Fail(std::string(name) + ": expected a number " + std::to_string(low) + " to " +
           std::to_string(high));
      return low;
    }
    return value.get<std::int64_t>();
  }

  std::string Text(std::string_view name, std::size_t limit) {
    const nlohmann::json& value = At(name);
    if (!value.is_string() || value.get_ref<const std::string&>().size() > limit) {
      Fail(std::string(name) + ": expected a text of at most " + std::to_string(limit) + " bytes");
      return "";
    }
    return value.get<std::string>();
  }

  double Number(std::string_view name) {
    const nlohmann::json& value = At(name);
    if (value.is_number()) return value.get<double>();
    if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (value == "inf") return std::numeric_limits<double>::infinity();
    if (value == "-inf") return -std::numeric_limits<double>::infinity();
    Fail(std::string(name) + ": expected a number");
    return 0;
  }

  /// An empty array if the field is none or has over `limit` elements.
  const nlohmann::json& Array(std::string_view name, std::size_t limit) {
    static const nlohmann::json kEmpty = nlohmann::json::array();
    const nlohmann::json& value = At(name);
    if (value.is_array() && value.size() <= limit) return value;
    Fail(std::string(name) + ": expected an array of at most " + std::to_string(limit));
    return kEmpty;
  }

  /// null if absent.
  const nlohmann::json& At(std::string_view name) {
    static const nlohmann::json kNull;
    if (!json_.is_object()) return kNull;
    const auto found = json_.find(std::string(name));
    return found == json_.end() ? kNull : *found;
  }

 private:
  const nlohmann::json& json_;
  Status status_;
};

/// A double as Fields::Number reads it.
inline nlohmann::json NumberToJson(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

}  // namespace consilium
