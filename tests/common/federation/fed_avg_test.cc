#include "common/federation/strategies/fed_avg.h"

#include "tests/support/status_matchers.h"

#include <cmath>
#include <limits>

namespace consilium {
namespace {

template <typename T>
Bytes Values(std::initializer_list<T> values) {
  ByteWriter writer;
  for (const T value : values) writer.Put(value);
  return writer.Take();
}

template <typename T>
std::vector<T> Reduced(const EntrySpec& entry, const Bytes& global,
                       const std::vector<Contribution>& contributions) {
  Bytes next(global.size());
  EXPECT_OK(FedAvg().Reduce(entry, global, contributions, next));
  std::vector<T> values(next.size() / sizeof(T));
  std::memcpy(values.data(), next.data(), next.size());
  return values;
}

const EntrySpec kTrunk{"backbone.conv1.weight", ElementType::kFloat32, {2}};

TEST(FedAvgTest, MovesByTheWeightedMeanOfTheDifferences) {
  const Bytes a = Values<float>({3, 0});
  const Bytes b = Values<float>({1, 4});
  // 1 + 0.75 * 2 + 0.25 * 0 = 2.5;  2 + 0.75 * -2 + 0.25 * 2 = 1
  EXPECT_EQ(Reduced<float>(kTrunk, Values<float>({1, 2}), {{0.75, 10, a}, {0.25, 10, b}}),
            (std::vector<float>{2.5F, 1.0F}));
}

TEST(FedAvgTest, DividesByTheWeightThatArrived) {
  const Bytes a = Values<float>({3, 0});
  EXPECT_EQ(Reduced<float>(kTrunk, Values<float>({1, 2}), {{0.25, 10, a}}),
            (std::vector<float>{3, 0}));
}

TEST(FedAvgTest, AGroupWithoutWeightStaysAsItIs) {
  const Bytes a = Values<float>({3, 0});
  EXPECT_EQ(Reduced<float>(kTrunk, Values<float>({1, 2}), {{0.0, 10, a}}),
            (std::vector<float>{1, 2}));
  EXPECT_EQ(Reduced<float>(kTrunk, Values<float>({1, 2}), {}), (std::vector<float>{1, 2}));
}

TEST(FedAvgTest, KeepsDoublesToTheirPrecision) {
  const EntrySpec head{"heads.brixia.weight", ElementType::kFloat64, {1}};
  const Bytes a = Values<double>({1.0 + 3e-13});
  const Bytes b = Values<double>({1.0 - 1e-13});
  const std::vector<double> next =
      Reduced<double>(head, Values<double>({1.0}), {{0.5, 1, a}, {0.5, 1, b}});
  EXPECT_NEAR(next[0] - 1.0, 1e-13, 1e-15);
}

TEST(FedAvgTest, RunningStatisticsAreAveragedByImagesUsed) {
  const EntrySpec mean{"backbone.bn1.running_mean", ElementType::kFloat32, {1}};
  const Bytes a = Values<float>({4});
  const Bytes b = Values<float>({8});
  const Bytes unused = Values<float>({100});
  EXPECT_EQ(
      Reduced<float>(mean, Values<float>({1}), {{0.9, 30, a}, {0.1, 10, b}, {0.0, 0, unused}}),
      (std::vector<float>{5}));
  EXPECT_EQ(Reduced<float>(mean, Values<float>({1}), {{1.0, 0, a}}), (std::vector<float>{1}));
}

TEST(FedAvgTest, CountersAreTheMaximum) {
  const EntrySpec counter{"backbone.bn1.num_batches_tracked", ElementType::kInt64, {}};
  const Bytes a = Values<std::int64_t>({7});
  const Bytes b = Values<std::int64_t>({9});
  EXPECT_EQ(Reduced<std::int64_t>(counter, Values<std::int64_t>({5}), {{1, 1, b}, {0, 0, a}}),
            (std::vector<std::int64_t>{9}));
  EXPECT_EQ(Reduced<std::int64_t>(counter, Values<std::int64_t>({5}), {}),
            (std::vector<std::int64_t>{5}));
}

TEST(FedAvgTest, AValueThatIsNotFiniteIsRefusedByName) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const Bytes values = Values<float>({1, bad});
    Bytes next(8);
    const std::vector<Contribution> contributions = {{0.0, 0, values}};
    EXPECT_STATUS(FedAvg().Reduce(kTrunk, Values<float>({1, 2}), contributions, next),
                  StatusCode::kDataLoss, "backbone.conv1.weight");
  }
}

TEST(StrategyTest, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ((*MakeStrategy("fedavg"))->name(), "fedavg");
  EXPECT_STATUS(MakeStrategy("median"), StatusCode::kInvalidArgument, "expected fedavg");
}

}  // namespace
}  // namespace consilium
