/// Strategies of the server against numpy (tests/golden/strategies).
#include "tests/support/combined_rounds.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace consilium {
namespace {

nlohmann::json Golden() {
  std::ifstream file(CONSILIUM_GOLDEN_DIR "/strategies/strategies.json");
  EXPECT_TRUE(file.good()) << "golden/strategies/strategies.json is missing";
  return nlohmann::json::parse(file, nullptr, false);
}

RunPlan PlanOf(const nlohmann::json& example) {
  RunPlan plan = PlanOfStrategy(example.at("strategy").get<std::string>());
  for (const StrategyParameter& parameter : StrategyParameters()) {
    const auto given = example.at("parameters").find(std::string(parameter.key));
    if (given == example.at("parameters").end()) continue;
    EXPECT_OK(SetValue(plan.strategy_options, parameter, given->get<double>()));
  }
  EXPECT_OK(ValidatePlan(plan));
  return plan;
}

void ExpectNear(const nlohmann::json& expected, const Bytes& actual, const std::string& what) {
  const auto values = ValuesOfBytes<float>(actual);
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto reference = expected[i].get<double>();
    EXPECT_NEAR(values[i], reference, 1e-6 * std::max(1.0, std::abs(reference)))
        << what << ' ' << i;
  }
}

TEST(GoldenStrategyTest, EveryRoundIsThatOfTheReference) {
  const nlohmann::json golden = Golden();
  ASSERT_EQ(golden.size(), 11U);
  for (const nlohmann::json& example : golden) {
    const std::string name = example.at("strategy");
    const auto start = example.at("start").get<std::vector<float>>();
    const EntrySpec entry{
        "backbone.weight", ElementType::kFloat32, {static_cast<std::int64_t>(start.size())}};
    CombinedRounds rounds(Layout::Make({entry}).value(), PlanOf(example), BytesOfValues(start));
    for (const nlohmann::json& round : example.at("rounds")) {
      std::vector<SiteState> sites;
      for (std::size_t s = 0; s < round.at("sites").size(); ++s) {
        sites.push_back({"S" + std::to_string(s),
                         example.at("weights")[s],
                         {},
                         1,
                         1,
                         BytesOfValues(round.at("sites")[s].get<std::vector<float>>())});
      }
      ASSERT_OK(rounds.Combine(sites)) << name;
      ExpectNear(round.at("model"), rounds.model(), name);
      for (std::size_t slot = 0; slot < round.at("state").size(); ++slot) {
        ExpectNear(round.at("state")[slot], rounds.state(static_cast<int>(slot)), name + " state");
      }
    }
  }
}

}  // namespace
}  // namespace consilium
