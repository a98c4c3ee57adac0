/// What the strategies change at a site: phases, pulls, control variates, what stays local.
#include "common/base/random_stream.h"
#include "common/training/trainer.h"
#include "site_client/control_variates.h"
#include "tests/site_client/tiny_run.h"
#include "tests/support/combined_rounds.h"

#include <gtest/gtest.h>

#include <cmath>

namespace consilium {
namespace {

const std::vector<Holding> kHoldings(12, Holding::kBoth);

RunPlan PlanWith(const std::string& strategy) {
  RunPlan plan = TinyPlan();
  plan.strategy = strategy;
  plan.training.optimizer = Optimizer::kSgd;
  plan.training.weight_decay = 0;
  return plan;
}

std::unique_ptr<SiteRunner> RunnerOf(const TinyRun& run, const std::string& site = "A") {
  return BegunRunner(TinyOptions(site), run, TinyData(kHoldings)).value();
}

SiteUpdate TrainedOnce(const RunPlan& plan) {
  const TinyRun run = MakeTinyRun(plan);
  return std::get<SiteUpdate>(RunnerOf(run)->Execute(TrainRound(0), run.shared.bytes).value());
}

double DistanceOf(const Bytes& a, const Bytes& b) {
  const auto first = ValuesOfBytes<float>(a);
  const auto second = ValuesOfBytes<float>(b);
  double sum = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    sum += std::pow(static_cast<double>(first[i]) - second[i], 2);
  }
  return std::sqrt(sum);
}

TEST(LocalStrategiesTest, AProximalPullOfZeroIsFederatedAveragingAndALargeOneHoldsBack) {
  RunPlan plan = PlanWith("fedprox");
  plan.normalisation = NormalisationMode::kLocal;  // parameters alone travel
  RunPlan plain = plan;
  plain.strategy = "fedavg";
  const Bytes start = MakeTinyRun(plan).shared.bytes;
  plan.strategy_options.proximal_mu = 0;
  const Bytes unpulled = TrainedOnce(plan).encoded;
  EXPECT_EQ(unpulled, TrainedOnce(plain).encoded);
  plan.strategy_options.proximal_mu = 20;
  const Bytes pulled = TrainedOnce(plan).encoded;
  EXPECT_LT(DistanceOf(pulled, start), 0.8 * DistanceOf(unpulled, start));
}

TEST(LocalStrategiesTest, FedRepTrainsHeadsThenBackbone) {
  RunPlan plan = PlanWith("fedrep");
  plan.strategy_options.head_epochs = 2;
  plan.rounds.local_epochs = 1;
  const TinyRun run = MakeTinyRun(plan);
  const auto runner = RunnerOf(run);
  const auto update =
      std::get<SiteUpdate>(runner->Execute(TrainRound(0), run.shared.bytes).value());

  const auto data = TinyData(kHoldings);
  MultiTaskNet net = MakeTinyNetOfPlan(plan).value();
  const Split split =
      SplitByPatient(*data, AllIndices(*data), plan.validation_fraction, plan.seed, "A");
  int epoch = 0;
  const auto phase = [&](const std::string& frozen, int epochs) {
    Trainer::Options options;
    options.training = plan.training;
    options.frozen = {frozen};
    Trainer trainer(net, *data, split.train, options);
    for (int i = 0; i < epochs; ++i, ++epoch) {
      const std::uint64_t seed = StreamSeed(plan.seed, {"train", "A", "0", std::to_string(epoch)});
      EXPECT_OK(trainer.RunEpoch(TrainRound(0).learning_rate, seed));
    }
  };
  phase("backbone", 2);
  const Bytes heads = ReadState(*net, [](const EntrySpec& e) { return !HeadOf(e).empty(); }).bytes;
  phase("heads", 1);
  EXPECT_EQ(update.encoded, ReadState(*net, SharedEntries(plan, *LayoutOf(*net))).bytes);
  EXPECT_EQ(runner->LocalState(1).value().bytes, heads);
  EXPECT_EQ(update.header.steps, 3 * 2);  // nine images in batches of four, a last one alone joins
}

TEST(LocalStrategiesTest, UnderFedBnNormalisationsStayWithTheSite) {
  RunPlan plan = PlanWith("fedbn");
  plan.normalisation = NormalisationMode::kLocal;
  const TinyRun run = MakeTinyRun(plan);
  EXPECT_GE(run.shared.layout->Find("backbone.conv.weight"), 0);
  EXPECT_LT(run.shared.layout->Find("backbone.bn.weight"), 0);
  const auto runner = RunnerOf(run);
  ASSERT_OK(runner->Execute(TrainRound(0), run.shared.bytes));
  const ParameterBlob local = runner->LocalState(1).value();
  for (const char* name : {"backbone.bn.weight", "backbone.bn.bias", "backbone.bn.running_var"}) {
    EXPECT_GE(local.layout->Find(name), 0) << name;
  }
}

TEST(LocalStrategiesTest, UnderDittoASiteTrainsAModelOfItsOwnBesideTheOneThatAllTrain) {
  RunPlan plan = PlanWith("ditto");
  plan.heads = HeadsMode::kShared;
  RunPlan plain = plan;
  plain.strategy = "fedavg";
  const TinyRun run = MakeTinyRun(plan);
  const auto own_after = [&](double lambda) {
    RunPlan pulled = plan;
    pulled.strategy_options.ditto_lambda = lambda;
    const TinyRun pulled_run = MakeTinyRun(pulled);
    const auto runner = RunnerOf(pulled_run);
    Bytes sent;
    for (RoundNumber round = 0; round < 3; ++round) {
      sent =
          std::get<SiteUpdate>(runner->Execute(TrainRound(round), pulled_run.shared.bytes).value())
              .encoded;
    }
    // The model of all is trained from what the round started from, whatever the own one is.
    const auto plain_runner = RunnerOf(MakeTinyRun(plain));
    EXPECT_EQ(sent, std::get<SiteUpdate>(
                        plain_runner->Execute(TrainRound(2), pulled_run.shared.bytes).value())
                        .encoded);
    return runner->LocalState(3).value();
  };
  const ParameterBlob free = own_after(0);
  EXPECT_EQ(*free.layout, *run.shared.layout);
  const auto parameters = [](const ParameterBlob& blob) {
    return Subset(blob, [](const EntrySpec& e) { return KindOf(e) == EntryKind::kParameter; })
        .value()
        .bytes;
  };
  const Bytes start = parameters(run.shared);
  EXPECT_LT(DistanceOf(parameters(own_after(20)), start),
            0.8 * DistanceOf(parameters(free), start));
}

// --- SCAFFOLD -----------------------------------------------------------------------------------

TEST(ScaffoldTest, ControlsTravelBesideTheirParametersAndNeverReachTheNetwork) {
  const RunPlan plan = PlanWith("scaffold");
  const TinyRun run = MakeTinyRun(plan);
  EXPECT_GE(run.shared.layout->Find("control.backbone.bn.weight"), 0);
  EXPECT_LT(run.shared.layout->Find("control.backbone.bn.running_var"), 0);
  const auto runner = RunnerOf(run);
  const auto update =
      std::get<SiteUpdate>(runner->Execute(TrainRound(0), run.shared.bytes).value());
  EXPECT_EQ(update.encoded.size(), run.shared.layout->byte_size());
  const ParameterBlob local = runner->LocalState(1).value();
  for (const EntrySpec& entry : local.layout->entries()) EXPECT_FALSE(IsControl(entry));
}

TEST(ScaffoldTest, AControlIsTheMeanGradientOfItsSite) {
  const RunPlan plan = PlanWith("scaffold");
  const TinyRun run = MakeTinyRun(plan);
  const auto update =
      std::get<SiteUpdate>(RunnerOf(run)->Execute(TrainRound(0), run.shared.bytes).value());
  const Layout& layout = *run.shared.layout;
  const auto value = [&](const Bytes& bytes, const char* name) {
    float first = 0;
    std::memcpy(&first, &bytes[layout.offset(static_cast<std::size_t>(layout.Find(name)))], 4);
    return static_cast<double>(first);
  };
  const double moved = value(run.shared.bytes, "backbone.conv.weight") -
                       value(update.encoded, "backbone.conv.weight");
  const double length = static_cast<double>(update.header.steps) * TrainRound(0).learning_rate;
  EXPECT_NEAR(value(update.encoded, "control.backbone.conv.weight"), moved / length, 1e-5);
}

TEST(ScaffoldTest, OneSiteAloneTrainsAsUnderFederatedAveraging) {
  const auto trained = [](const std::string& strategy) {
    const RunPlan plan = PlanWith(strategy);
    const TinyRun run = MakeTinyRun(plan);
    const auto runner = RunnerOf(run);
    CombinedRounds rounds(run.shared.layout, plan, run.shared.bytes);
    for (RoundNumber round = 0; round < 3; ++round) {
      const auto update =
          std::get<SiteUpdate>(runner->Execute(TrainRound(round), rounds.model()).value());
      EXPECT_OK(rounds.Combine(
          {{"A", 1, {}, update.header.images_used, update.header.steps, update.encoded}}));
    }
    return WithoutControls({run.shared.layout, rounds.model()}).value().bytes;
  };
  EXPECT_LT(DistanceOf(trained("scaffold"), trained("fedavg")), 1e-4);
}

/// Sites with f_s(w) = a_s / 2 (w - b_s)^2 in one dimension, ten steps a round.
class Quadratic {
 public:
  Quadratic(double a, double b, const ParameterBlob& start)
      : a_(a), b_(b), controls_(ControlsIn(start).value()) {}

  Bytes Train(const ParameterBlob& model) {
    constexpr int kSteps = 10;
    constexpr double kRate = 0.05;
    const ParameterBlob global = ControlsIn(model).value();
    const ParameterBlob before = WithoutControls(model).value();
    double shift = 0;
    if (!global.bytes.empty()) {
      shift = ValuesOfBytes<float>(Correction(global, controls_).value().bytes)[0];
    }
    double w = ValuesOfBytes<float>(before.bytes)[0];
    for (int i = 0; i < kSteps; ++i) w -= kRate * (a_ * (w - b_) + shift);
    const ParameterBlob after{before.layout, BytesOfValues<float>({static_cast<float>(w)})};
    const std::vector<double> lengths(controls_.layout->entries().size(), kSteps * kRate);
    const NewControls next = AfterRound(global, controls_, before, after, lengths).value();
    controls_ = next.own;
    return Joined(after, next.sent).value().bytes;
  }

 private:
  double a_, b_;
  ParameterBlob controls_;
};

double Limit(const std::string& strategy) {
  const RunPlan plan = PlanWith(strategy);
  const auto layout = Layout::Make({{"backbone.w", ElementType::kFloat32, {1}}}).value();
  const ParameterBlob start = WithControls(plan, {layout, BytesOfValues<float>({0})}).value();
  CombinedRounds rounds(start.layout, plan, start.bytes);
  Quadratic flat(0.2, 0, start);
  Quadratic steep(4, 1, start);
  for (int round = 0; round < 60; ++round) {
    const ParameterBlob model{start.layout, rounds.model()};
    EXPECT_OK(rounds.Combine(
        {{"A", 0.5, {}, 1, 10, flat.Train(model)}, {"B", 0.5, {}, 1, 10, steep.Train(model)}}));
  }
  return ValuesOfBytes<float>(rounds.model())[0];
}

TEST(ScaffoldTest, EndsAtThePooledOptimumWhereFederatedAveragingDoesNot) {
  constexpr double kOptimum = 4.0 / 4.2;  // of the mean of both
  EXPECT_NEAR(Limit("scaffold"), kOptimum, 1e-3);
  EXPECT_GT(std::abs(Limit("fedavg") - kOptimum), 0.01);
}

}  // namespace
}  // namespace consilium
