#include "common/wire/from_proto.h"
#include "common/wire/to_proto.h"
#include "tests/common/wire/random_messages.h"
#include "tests/support/status_matchers.h"

#include <functional>
#include <limits>

namespace consilium {
namespace {

const SiteId kSite("mercy");

/// Two classes with histograms, so that every check has something to refuse.
v1::TaskCounts BinaryCounts() {
  TaskCounts counts;
  counts.task = TaskId("prognosis");
  ClassCounts classes;
  classes.classes = 2;
  classes.confusion = {1, 2, 3, 4};
  classes.negative_scores.assign(kScoreBins, 0);
  classes.positive_scores.assign(kScoreBins, 0);
  classes.negative_scores[7] = 3;
  classes.negative_scores[9] = 1;
  counts.classifications = {classes};
  counts.zones = {ZoneCounts{}};
  return ToProto(counts);
}

struct HostileCounts {
  const char* field;
  std::function<void(v1::TaskCounts&)> spoil;
};

TEST(HostileMessageTest, CountsThatContradictThemselvesAreRefused) {
  ASSERT_OK(FromProto(BinaryCounts()));
  const std::vector<HostileCounts> cases = {
      {"counts.n", [](auto& m) { m.set_n(-1); }},
      {"counts.n", [](auto& m) { m.set_n(std::numeric_limits<std::int64_t>::max()); }},
      {"counts.task", [](auto& m) { m.set_task(std::string(kMaxText + 1, 'x')); }},
      {"counts.classes", [](auto& m) { m.mutable_classifications(0)->set_classes(1); }},
      {"counts.classes", [](auto& m) { m.mutable_classifications(0)->set_classes(1 << 20); }},
      {"counts.confusion", [](auto& m) { m.mutable_classifications(0)->add_confusion(1); }},
      {"counts.confusion", [](auto& m) { m.mutable_classifications(0)->set_confusion(0, -1); }},
      {"counts.positive_scores",
       [](auto& m) { m.mutable_classifications(0)->clear_positive_scores(); }},
      {"counts.positive_scores",
       [](auto& m) {
         m.mutable_classifications(0)->set_classes(3);
         for (int i = 0; i < 5; ++i) m.mutable_classifications(0)->add_confusion(0);
       }},
      {"histogram.bins",
       [](auto& m) {
         m.mutable_classifications(0)->mutable_negative_scores()->set_bins(1, kScoreBins);
       }},
      {"histogram.bins",
       [](auto& m) { m.mutable_classifications(0)->mutable_negative_scores()->set_bins(1, 7); }},
      {"histogram.counts",
       [](auto& m) { m.mutable_classifications(0)->mutable_negative_scores()->add_counts(1); }},
      {"histogram.counts",
       [](auto& m) { m.mutable_classifications(0)->mutable_negative_scores()->set_counts(0, 0); }},
      {"counts.zones.exact", [](auto& m) { m.mutable_zones(0)->set_exact(1); }},
      {"counts.classifications",
       [](auto& m) {
         for (int i = 0; i <= kMaxTasks; ++i) m.add_classifications();
       }},
  };
  for (const HostileCounts& hostile : cases) {
    v1::TaskCounts message = BinaryCounts();
    hostile.spoil(message);
    EXPECT_STATUS(FromProto(message), StatusCode::kInvalidArgument, hostile.field);
  }
}

TEST(HostileMessageTest, AnUnknownEnumerationIsRefusedAndZeroIsNoValue) {
  v1::RunPlan plan = ToProto(RandomMessages(1).Plan());
  plan.set_heads(static_cast<v1::HeadsMode>(77));
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "plan.heads: the value 77");
  plan.clear_heads();
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "plan.heads: the value 0");
  EXPECT_STATUS(FromProto(v1::Instruction()), StatusCode::kInvalidArgument, "instruction.kind");
}

TEST(HostileMessageTest, AnEmptyOfferIsRefused) {
  EXPECT_STATUS(FromProto(v1::RunOffer()), StatusCode::kInvalidArgument, "plan.tasks");
}

TEST(HostileMessageTest, APlanThatIsNoPlanIsRefused) {
  v1::RunPlan plan = ToProto(RandomMessages(1).Plan());
  plan.mutable_rounds()->set_rounds(-5);
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "rounds");
}

TEST(HostileMessageTest, ListsOfSitesAreBoundedAndHoldNames) {
  RunPlan plain = RandomMessages(1).Plan();
  plain.rounds.evaluation_sites.clear();
  plain.rounds.select_sites.clear();
  const v1::RunPlan good = ToProto(plain);
  v1::RunPlan plan = good;
  plan.mutable_rounds()->add_evaluation_sites(std::string(kMaxText + 1, 'x'));
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "plan.rounds.evaluation_sites");
  plan = good;
  plan.mutable_rounds()->add_evaluation_sites("../A");
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "rounds.evaluation_sites: '../A'");
  plan = good;
  for (int i = 0; i <= kMaxClasses; ++i) plan.mutable_rounds()->add_select_sites("A");
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "plan.rounds.select_sites");
}

TEST(HostileMessageTest, AnAggregatorOfBeforeDrawsNobodyAndHoldsNobodyForUnreadable) {
  v1::RunPlan plan = ToProto(RandomMessages(1).Plan());
  plan.mutable_rounds()->clear_select_fraction();
  plan.mutable_rounds()->clear_smallest_usable_share();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan read, FromProto(plan));
  EXPECT_EQ(read.rounds.select_fraction, 1);
  EXPECT_EQ(read.rounds.smallest_usable_share, 0);
}

TEST(HostileMessageTest, AParameterThatTheStrategyHasNotIsRefused) {
  RunPlan plain = RandomMessages(1).Plan();
  plain.strategy = "fedavgm";
  v1::RunPlan plan = ToProto(plain);
  plan.mutable_strategy_parameters(0)->set_value(std::numeric_limits<double>::infinity());
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "strategy.server_learning_rate");
  plan.mutable_strategy_parameters(0)->set_name("tau");
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument,
                "plan.strategy_parameters: 'tau' is no parameter of fedavgm");
}

TEST(HostileMessageTest, AModelIsNamedByADigestAndABoundedSize) {
  v1::ModelRef model = ToProto(RandomMessages(1).Model());
  model.set_digest("../../etc/passwd");
  EXPECT_STATUS(FromProto(model), StatusCode::kInvalidArgument, "model.digest");
  model.clear_digest();
  model.set_byte_size(std::numeric_limits<std::uint64_t>::max());
  EXPECT_STATUS(FromProto(model), StatusCode::kInvalidArgument, "model.byte_size");
  model.set_byte_size(1);
  model.set_version(-2);
  EXPECT_STATUS(FromProto(model), StatusCode::kInvalidArgument, "model.version");
}

TEST(HostileMessageTest, ADeclarationHasNoMoreLabelsThanImages) {
  v1::SiteDeclaration declaration;
  declaration.set_train_images(3);
  declaration.add_tasks()->set_train(4);
  EXPECT_STATUS(FromProto(declaration, kSite), StatusCode::kInvalidArgument,
                "declaration.tasks.train: 4, expected 0 to 3");
  declaration.mutable_tasks(0)->set_task("b");
  declaration.mutable_tasks(0)->set_train(3);
  declaration.mutable_tasks(0)->set_set_aside(-1);
  EXPECT_STATUS(FromProto(declaration, kSite), StatusCode::kInvalidArgument,
                "declaration.tasks.set_aside");
  declaration.mutable_tasks(0)->set_set_aside(0);
  declaration.set_set_aside(-1);
  EXPECT_STATUS(FromProto(declaration, kSite), StatusCode::kInvalidArgument,
                "declaration.set_aside");
}

TEST(HostileMessageTest, APlanThatNamesNoEvaluationsEvaluatesEveryRound) {
  v1::RunPlan plan = ToProto(RandomMessages(1).Plan());
  plan.mutable_rounds()->clear_evaluate_every();
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const RunPlan read, FromProto(plan));
  EXPECT_EQ(read.rounds.evaluate_every, 1);
  plan.mutable_rounds()->set_evaluate_every(-1);
  EXPECT_STATUS(FromProto(plan), StatusCode::kInvalidArgument, "rounds.evaluate_every");
}

TEST(HostileMessageTest, AnInstructionCarriesFiniteNumbers) {
  v1::Instruction order = ToProto(RandomMessages(1).Order());
  order.set_learning_rate(std::numeric_limits<double>::quiet_NaN());
  EXPECT_STATUS(FromProto(order), StatusCode::kInvalidArgument, "learning_rate");
}

TEST(HostileMessageTest, AnInstructionNamesVersionsFromZeroUp) {
  v1::Instruction order = ToProto(RandomMessages(1).Order());
  order.set_counted_version(-1);
  EXPECT_STATUS(FromProto(order), StatusCode::kInvalidArgument, "counted_version");
}

TEST(HostileMessageTest, NegativeRoundsAndStepsAreRefused) {
  v1::Progress progress;
  progress.set_round(-1);
  EXPECT_STATUS(FromProto(progress, kSite), StatusCode::kInvalidArgument, "progress.round");
  v1::UpdateHeader header;
  header.set_images_used(-1);
  EXPECT_STATUS(FromProto(header, kSite), StatusCode::kInvalidArgument, "update.images_used");
  v1::EvaluationReport report;
  report.set_version(-1);
  EXPECT_STATUS(FromProto(report, kSite), StatusCode::kInvalidArgument, "report.version");
}

}  // namespace
}  // namespace consilium
