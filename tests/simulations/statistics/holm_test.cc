#include "simulations/statistics/holm.h"

#include "tests/simulations/statistics/golden.h"
#include "tests/support/status_matchers.h"

namespace consilium {
namespace {

using PValues = std::vector<std::optional<double>>;

TEST(HolmTest, AgreesWithClosedTesting) {
  for (const auto& golden : GoldenPart("holm")) {
    PValues p_values;
    for (const auto& p : golden.at("p")) p_values.emplace_back(p.get<double>());
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const PValues adjusted, HolmAdjusted(p_values));
    ASSERT_EQ(adjusted.size(), golden.at("adjusted").size());
    for (std::size_t i = 0; i < adjusted.size(); ++i) {
      ExpectClose(adjusted[i], golden.at("adjusted")[i]);
    }
  }
}

TEST(HolmTest, UndefinedValuesAreNoTests) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const PValues adjusted,
                                 HolmAdjusted(PValues{std::nullopt, 0.02, 0.03}));
  EXPECT_EQ(adjusted[0], std::nullopt);
  EXPECT_NEAR(*adjusted[1], 0.04, 1e-12);
  EXPECT_NEAR(*adjusted[2], 0.04, 1e-12);
  EXPECT_TRUE(HolmAdjusted(PValues{})->empty());
}

TEST(HolmTest, RefusesWhatIsNoProbability) {
  EXPECT_STATUS(HolmAdjusted(PValues{0.1, 1.5}), StatusCode::kInvalidArgument, "p-value 2");
}

}  // namespace
}  // namespace consilium
