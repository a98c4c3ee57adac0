#include "common/federation/strategies/fed_avg.h"

#include "tests/support/combined_rounds.h"

#include <cmath>
#include <limits>

namespace consilium {
namespace {

/// The model after one round of a single entry.
template <typename T>
std::vector<T> Averaged(const EntrySpec& entry, const std::vector<T>& global,
                        const std::vector<SiteState>& sites) {
  CombinedRounds rounds(Layout::Make({entry}).value(), PlanOfStrategy("fedavg"),
                        BytesOfValues(global));
  EXPECT_OK(rounds.Combine(sites));
  return ValuesOfBytes<T>(rounds.model());
}

const EntrySpec kTrunk{"backbone.conv1.weight", ElementType::kFloat32, {2}};
using Floats = std::vector<float>;

TEST(FedAvgTest, MovesByTheWeightedMeanOfTheDifferences) {
  // 1 + 0.75 * 2 + 0.25 * 0 = 2.5;  2 + 0.75 * -2 + 0.25 * 2 = 1
  EXPECT_EQ(Averaged<float>(kTrunk, {1, 2},
                            {{"A", 0.75, {}, 10, 0, BytesOfValues<float>({3, 0})},
                             {"B", 0.25, {}, 10, 0, BytesOfValues<float>({1, 4})}}),
            (Floats{2.5F, 1.0F}));
}

TEST(FedAvgTest, DividesByTheWeightThatArrived) {
  EXPECT_EQ(Averaged<float>(kTrunk, {1, 2}, {{"A", 0.25, {}, 10, 0, BytesOfValues<float>({3, 0})}}),
            (Floats{3, 0}));
}

TEST(FedAvgTest, AGroupWithoutWeightStaysAsItIs) {
  const EntrySpec head{"heads.brixia.weight", ElementType::kFloat32, {2}};
  EXPECT_EQ(Averaged<float>(head, {1, 2}, {{"A", 0.5, {}, 10, 0, BytesOfValues<float>({3, 0})}}),
            (Floats{1, 2}));
  EXPECT_EQ(Averaged<float>(kTrunk, {1, 2}, {}), (Floats{1, 2}));
}

TEST(FedAvgTest, KeepsDoublesToTheirPrecision) {
  const EntrySpec head{"heads.brixia.weight", ElementType::kFloat64, {1}};
  const auto next =
      Averaged<double>(head, {1.0},
                       {{"A", 0, {{"brixia", 0.5}}, 1, 0, BytesOfValues<double>({1.0 + 3e-13})},
                        {"B", 0, {{"brixia", 0.5}}, 1, 0, BytesOfValues<double>({1.0 - 1e-13})}});
  EXPECT_NEAR(next[0] - 1.0, 1e-13, 1e-15);
}

TEST(FedAvgTest, AValueThatIsNotFiniteIsRefusedByName) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    CombinedRounds rounds(Layout::Make({kTrunk}).value(), PlanOfStrategy("fedavg"),
                          BytesOfValues<float>({1, 2}));
    EXPECT_STATUS(rounds.Combine({{"A", 0, {}, 0, 0, BytesOfValues<float>({1, bad})}}),
                  StatusCode::kDataLoss, "backbone.conv1.weight");
  }
}

}  // namespace
}  // namespace consilium
