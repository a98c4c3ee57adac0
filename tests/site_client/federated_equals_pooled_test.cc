/// Federated averaging under exact weighting is gradient descent on the pooled data: the claim of
/// docs/math.md, "Weights of a round", measured.
#include "common/federation/weights.h"
#include "common/nn/state.h"
#include "common/training/trainer.h"
#include "tests/site_client/tiny_run.h"
#include "tests/support/combined_rounds.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <cstring>
#include <iostream>
#include <sstream>

namespace consilium {
namespace {

constexpr int kRounds = 10;

/// What each site holds; one image per entry.
using Consortium = std::vector<std::vector<Holding>>;

const Consortium kDifferentTasks{std::vector<Holding>(5, Holding::kPrognosis),
                                 std::vector<Holding>(7, Holding::kBrixia),
                                 std::vector<Holding>(3, Holding::kPrognosis)};
const Consortium kSomeHoldBoth{
    std::vector<Holding>(4, Holding::kPrognosis),
    {Holding::kBoth, Holding::kBrixia, Holding::kBoth, Holding::kPrognosis, Holding::kBoth},
    std::vector<Holding>(3, Holding::kBrixia)};

RunPlan ExactPlan(int image_size) {
  RunPlan plan;
  plan.run = RunId("exact");
  plan.tasks = {PrognosisTask(), BrixiaTask("zones").value()};
  plan.tasks[1].weight = 0.5;
  plan.image_size = image_size;
  plan.validation_fraction = 0;
  plan.heads = HeadsMode::kShared;
  plan.weighting = Weighting::kExact;
  plan.training.optimizer = Optimizer::kSgd;
  plan.training.weight_decay = 0;
  plan.training.full_batch = true;
  plan.training.augment = false;
  plan.training.dropout = 0;
  plan.training.freeze_normalisation = true;
  return plan;
}

Dataset PooledData(const Consortium& consortium, const RunPlan& plan,
                   std::vector<Indices>& of_sites) {
  std::vector<Holding> all;
  for (const std::vector<Holding>& site : consortium) {
    Indices indices;
    for (const Holding holding : site) {
      indices.push_back(static_cast<std::int64_t>(all.size()));
      all.push_back(holding);
    }
    of_sites.push_back(indices);
  }
  Dataset data = MakeTinyData(all, plan.image_size);
  data.tasks = plan.tasks;
  return data;
}

std::shared_ptr<const Dataset> DataOf(const Dataset& pooled, const Indices& indices) {
  auto data = std::make_shared<Dataset>();
  data->tasks = pooled.tasks;
  data->images = pooled.images.index_select(0, torch::tensor(indices));
  for (const std::int64_t index : indices) data->samples.push_back(pooled.samples[index]);
  return data;
}

Bytes Federated(const RunPlan& plan, const NetFactory& make_net, const Dataset& pooled,
                const std::vector<Indices>& of_sites, double learning_rate) {
  const TinyRun run = MakeTinyRun(plan, make_net);
  std::vector<std::unique_ptr<SiteRunner>> runners;
  std::vector<SiteDeclaration> declarations;
  for (std::size_t s = 0; s < of_sites.size(); ++s) {
    SiteRunner::Options options = TinyOptions("site" + std::to_string(s));
    options.make_net = make_net;
    runners.push_back(BegunRunner(options, run, DataOf(pooled, of_sites[s])).value());
    declarations.push_back(runners.back()->Declaration());
  }
  const RoundWeights weights = ComputeWeights(plan.weighting, declarations);
  CombinedRounds rounds(run.shared.layout, plan, run.shared.bytes);
  for (RoundNumber round = 0; round < kRounds; ++round) {
    std::vector<SiteState> updates;
    for (std::size_t s = 0; s < runners.size(); ++s) {
      Instruction instruction = TrainRound(round);
      instruction.learning_rate = learning_rate;
      const SiteWeights& mine = weights.at(declarations[s].site);
      instruction.loss_factors = mine.loss_factors;
      const auto update =
          std::get<SiteUpdate>(runners[s]->Execute(instruction, rounds.model()).value());
      SiteState sent{declarations[s].site.str(), mine.backbone,       {},
                     update.header.images_used,  update.header.steps, update.encoded};
      for (const auto& [task, weight] : mine.heads) sent.heads[task.str()] = weight;
      updates.push_back(std::move(sent));
    }
    EXPECT_OK(rounds.Combine(updates));
  }
  return rounds.model();
}

Bytes Pooled(const RunPlan& plan, const NetFactory& make_net, const Dataset& pooled,
             double learning_rate) {
  MultiTaskNet net = make_net(plan).value();
  Trainer::Options options;
  options.training = plan.training;
  Trainer trainer(net, pooled, AllIndices(pooled), options);
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    EXPECT_OK(trainer.RunEpoch(learning_rate, round));
  }
  return ReadState(*net).bytes;
}

template <typename T>
void Append(ByteView bytes, std::vector<double>& values) {
  std::vector<T> typed(bytes.size() / sizeof(T));
  std::memcpy(typed.data(), bytes.data(), bytes.size());
  values.insert(values.end(), typed.begin(), typed.end());
}

/// All trained values of a state.
std::vector<double> ParametersOf(const Layout& layout, const Bytes& bytes) {
  std::vector<double> values;
  for (std::size_t e = 0; e < layout.entries().size(); ++e) {
    const EntrySpec& entry = layout.entries()[e];
    if (KindOf(entry) != EntryKind::kParameter) continue;
    const ByteView part = ByteView(bytes).subspan(layout.offset(e), layout.size(e));
    if (entry.type == ElementType::kFloat64) {
      Append<double>(part, values);
    } else {
      Append<float>(part, values);
    }
  }
  return values;
}

double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

struct Comparison {
  double difference, movement, parameters;  // L2 norms
};

Comparison Compare(const RunPlan& plan, const NetFactory& make_net, const Consortium& consortium,
                   double learning_rate) {
  std::vector<Indices> of_sites;
  const Dataset pooled_data = PooledData(consortium, plan, of_sites);
  const ParameterBlob initial = ReadState(*make_net(plan).value());
  const auto start = ParametersOf(*initial.layout, initial.bytes);
  const auto federated = ParametersOf(
      *initial.layout, Federated(plan, make_net, pooled_data, of_sites, learning_rate));
  const auto pooled =
      ParametersOf(*initial.layout, Pooled(plan, make_net, pooled_data, learning_rate));
  const Comparison result{Distance(federated, pooled), Distance(start, pooled),
                          Distance(pooled, std::vector<double>(pooled.size(), 0))};
  std::ostringstream figures;
  figures << "difference/movement " << result.difference / result.movement
          << "  difference/parameters " << result.difference / result.parameters
          << "  movement/parameters " << result.movement / result.parameters;
  ::testing::Test::RecordProperty("measured", figures.str());
  std::cout << figures.str() << '\n';
  return result;
}

Result<MultiTaskNet> TinyFloat64Net(const RunPlan& plan) {
  MultiTaskNet net = MakeTinyNet(plan.tasks, plan.seed);
  net->to(torch::kFloat64);
  return net;
}

TEST(FederatedEqualsPooledTest, InFloat64WhenSitesHoldDifferentTasks) {
  const Comparison result = Compare(ExactPlan(8), TinyFloat64Net, kDifferentTasks, 0.1);
  EXPECT_GT(result.movement, 1e-2 * result.parameters);
  EXPECT_LT(result.difference, 1e-10 * result.movement);
}

TEST(FederatedEqualsPooledTest, InFloat64WhenSomeSitesHoldBothTasks) {
  const Comparison result = Compare(ExactPlan(8), TinyFloat64Net, kSomeHoldBoth, 0.1);
  EXPECT_GT(result.movement, 1e-2 * result.parameters);
  EXPECT_LT(result.difference, 1e-10 * result.movement);
}

TEST(FederatedEqualsPooledTest, NotUnderPerGroupWeighting) {
  RunPlan plan = ExactPlan(8);
  plan.weighting = Weighting::kPerGroup;
  const Comparison result = Compare(plan, TinyFloat64Net, kDifferentTasks, 0.1);
  EXPECT_GT(result.difference, 1e-6 * result.movement);
}

/// A step small enough that rounding is not amplified from step to step: at 1e-3 this untrained net
/// is at the edge of stability, where two orders of summation already drift apart.
constexpr double kStableStep = 1e-4;

TEST(FederatedEqualsPooledTest, InFloat32OnResnet18WhenSitesHoldDifferentTasks) {
  const Comparison result = Compare(ExactPlan(64), MakeNet, kDifferentTasks, kStableStep);
  EXPECT_GT(result.movement, 5e-5 * result.parameters);
  EXPECT_LT(result.difference, 1e-5 * result.parameters);
}

TEST(FederatedEqualsPooledTest, InFloat32OnResnet18WhenSomeSitesHoldBothTasks) {
  const Comparison result = Compare(ExactPlan(64), MakeNet, kSomeHoldBoth, kStableStep);
  EXPECT_GT(result.movement, 5e-5 * result.parameters);
  EXPECT_LT(result.difference, 1e-5 * result.parameters);
}

}  // namespace
}  // namespace consilium
