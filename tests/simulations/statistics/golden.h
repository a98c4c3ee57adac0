/// tests/golden/statistics/statistics.json, and how its figures are compared.
#pragma once

#include "simulations/statistics/inference.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace consilium {

/// The part of the file under `key`; a missing file or part fails the test.
inline nlohmann::json GoldenPart(const std::string& key) {
  std::ifstream file(CONSILIUM_GOLDEN_DIR "/statistics/statistics.json");
  EXPECT_TRUE(file.good()) << "golden/statistics/statistics.json is missing";
  const nlohmann::json all = nlohmann::json::parse(file, nullptr, false);
  const bool has_part = all.is_object() && all.contains(key) && !all.at(key).empty();
  EXPECT_TRUE(has_part) << "no part " << key;
  return has_part ? all.at(key) : nlohmann::json::object();
}

inline std::vector<double> Doubles(const nlohmann::json& json) {
  return json.get<std::vector<double>>();
}

/// Small p-values must agree in their digits too, not only in being small.
inline void ExpectClose(const std::optional<double>& value, double expected) {
  ASSERT_TRUE(value.has_value());
  EXPECT_NEAR(*value, expected, 1e-10 * std::max(std::abs(expected), 1e-12));
}
/// Of sums that cancel, near 0.
inline void ExpectNear(const std::optional<double>& value, double expected) {
  ASSERT_TRUE(value.has_value());
  EXPECT_NEAR(*value, expected, 1e-10);
}

inline Alternative AlternativeOf(const nlohmann::json& name) {
  if (name == "greater") return Alternative::kGreater;
  return name == "less" ? Alternative::kLess : Alternative::kTwoSided;
}

inline constexpr Alternative kAlternatives[] = {Alternative::kTwoSided, Alternative::kGreater,
                                                Alternative::kLess};

}  // namespace consilium
