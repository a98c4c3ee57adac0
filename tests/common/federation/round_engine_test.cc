#include "common/federation/round_engine.h"

#include "tests/common/federation/round_engine_fixture.h"

#include <limits>

namespace consilium {
namespace {

using Kind = InstructionKind;

TEST_F(RoundEngineTest, ARunGoesThroughItsPhases) {
  EXPECT_EQ(engine_.phase(), RoundPhase::kOpening);
  Begin(EngineOptions(2, 1, 1), {"A"});
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
  EXPECT_EQ(Asked("A"), Kind::kWait);
  EXPECT_EQ(Tell(SiteJoined{Declaration("B")}), "wake deadline");
  EXPECT_EQ(Asked("A"), Kind::kTrain);
  EXPECT_EQ(Update("B"), "wake");
  EXPECT_EQ(Asked("B"), Kind::kWait);
  EXPECT_EQ(Update("A"), "wake aggregate(AB)");
  EXPECT_EQ(engine_.phase(), RoundPhase::kAggregating);
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Asked("A"), Kind::kEvaluate);
  EXPECT_EQ(engine_.InstructionFor(SiteId("A")).model, Model(1));
  EXPECT_EQ(Evaluate("A", 0.5), "wake");
  EXPECT_EQ(Evaluate("B", 0.7), "retire finish wake");
  EXPECT_EQ(Asked("A"), Kind::kFinish);
  EXPECT_EQ(Asked("never joined"), Kind::kFinish);
  EXPECT_EQ(engine_.history().at(0).first, 1);
  EXPECT_DOUBLE_EQ(*engine_.history().at(0).second, 0.6);
}

TEST_F(RoundEngineTest, InstructionsCarryWhatASiteNeeds) {
  RoundEngine::Options options = EngineOptions();
  options.weighting = Weighting::kExact;
  options.learning_rate = 0.25;
  Begin(options, {"A", "B"});
  const Instruction told = engine_.InstructionFor(SiteId("A"));
  EXPECT_EQ(told.model, Model(0));
  EXPECT_EQ(told.round, 0);
  EXPECT_EQ(told.learning_rate, 0.25);
  EXPECT_EQ(told.best_version, 0);
  EXPECT_EQ(told.loss_factors, (std::vector<LossFactor>{{TaskId("prognosis"), 1.0}}));
}

TEST_F(RoundEngineTest, ASiteIsToldTheNewestModelThatItsUpdateWentInto) {
  Begin(EngineOptions(2, 1, 3), {"A", "B"});
  const auto counted = [this](const std::string& site) {
    return engine_.InstructionFor(SiteId(site)).counted_version;
  };
  Update("A");
  EXPECT_EQ(counted("A"), 0);  // accepted, not yet in a model
  PassDeadline();
  EXPECT_EQ(counted("A"), 1);
  EXPECT_EQ(counted("B"), 0);
  Store();
  Evaluate("A", 1);
  Evaluate("B", 1);
  Update("B");
  Update("A");
  EXPECT_EQ(counted("A"), 2);
  EXPECT_EQ(counted("B"), 2);
  EXPECT_EQ(counted("never joined"), 0);
}

TEST_F(RoundEngineTest, TheAggregationNamesModelWeightsAndUpdatesInSiteOrder) {
  Begin(EngineOptions(), {"A", "B"});
  Update("B");
  Update("A");
  const auto& aggregate = std::get<Aggregate>(commands_.at(1));
  EXPECT_EQ(aggregate.model, Model(0));
  EXPECT_EQ(aggregate.updates,
            (std::vector<std::pair<SiteId, std::int64_t>>{{SiteId("A"), 20}, {SiteId("B"), 20}}));
  EXPECT_EQ(aggregate.weights.at(SiteId("A")).backbone, 0.5);
}

TEST_F(RoundEngineTest, ADeadlineWithQuorumClosesTheRound) {
  Begin(EngineOptions(3, 2), {"A", "B", "C"});
  Update("A");
  Update("C");
  EXPECT_EQ(PassDeadline(), "wake aggregate(AC)");
}

TEST_F(RoundEngineTest, ADeadlineWithoutQuorumRepeatsTheRoundAndKeepsItsUpdates) {
  Begin(EngineOptions(3, 2), {"A", "B", "C"});
  Update("A");
  EXPECT_EQ(PassDeadline(), "wake deadline");
  EXPECT_EQ(std::get<SetDeadline>(commands_[1]).at, now_ + Millis{1000});
  EXPECT_EQ(engine_.round(), 0);
  EXPECT_EQ(Asked("A"), Kind::kWait);
  EXPECT_EQ(Asked("B"), Kind::kTrain);
  Update("B");
  EXPECT_EQ(PassDeadline(), "wake aggregate(AB)");
}

TEST_F(RoundEngineTest, ARepeatedRoundTakesInWhoCameSinceAndLeavesOutWhoWasLost) {
  Begin(EngineOptions(2, 2), {"A", "B"});
  Update("A");
  Lose("A");
  Lose("B");
  Tell(SiteJoined{Declaration("C")});
  EXPECT_EQ(Asked("C"), Kind::kWait);
  PassDeadline();
  EXPECT_EQ(Asked("B"), Kind::kWait);
  EXPECT_EQ(Update("C"), "wake aggregate(AC)");
}

TEST_F(RoundEngineTest, ADeadlineThatHasNotComeIsRejected) {
  Begin(EngineOptions(), {"A", "B"});
  now_ = now_ + Millis{999};
  EXPECT_EQ(Tell(DeadlinePassed{0}), "reject");
  now_ = now_ + Millis{1};
  EXPECT_EQ(Tell(DeadlinePassed{1}), "reject");
  EXPECT_EQ(Tell(DeadlinePassed{0}), "wake deadline");
}

TEST_F(RoundEngineTest, ALostSiteIsNotWaitedFor) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  EXPECT_EQ(Lose("B"), "wake aggregate(A)");
}

TEST_F(RoundEngineTest, WithoutQuorumALossWaitsForTheDeadline) {
  Begin(EngineOptions(2, 2), {"A", "B"});
  Update("A");
  EXPECT_EQ(Lose("B"), "");
  EXPECT_EQ(engine_.phase(), RoundPhase::kTraining);
}

TEST_F(RoundEngineTest, ALostSiteThatJoinsAgainIsWaitedForAgain) {
  Begin(EngineOptions(3, 1), {"A", "B", "C"});
  Lose("B");
  EXPECT_EQ(Tell(SiteJoined{Declaration("B")}), "");
  Update("A");
  EXPECT_EQ(Update("C"), "wake");
  EXPECT_EQ(Update("B"), "wake aggregate(ABC)");
}

TEST_F(RoundEngineTest, AnUpdateOfALostSiteCountsAndBringsItBack) {
  Begin(EngineOptions(3), {"A", "B", "C"});
  Lose("B");
  EXPECT_EQ(Update("B"), "wake");
  EXPECT_TRUE(engine_.sites().at(SiteId("B")).live);
}

TEST_F(RoundEngineTest, ALateJoinerTakesPartFromTheNextRound) {
  Begin(EngineOptions(), {"A", "B"});
  EXPECT_EQ(Tell(SiteJoined{Declaration("C")}), "");
  EXPECT_EQ(Asked("C"), Kind::kWait);
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("C"), 0, "bytes", 20}), "reject");
  Update("A");
  Update("B");
  Store();
  EXPECT_EQ(Asked("C"), Kind::kWait);
  Evaluate("A", 1);
  EXPECT_EQ(Evaluate("B", 1), "retire wake deadline");
  EXPECT_EQ(Asked("C"), Kind::kTrain);
}

TEST_F(RoundEngineTest, ARoundThatFoundNobodyStartsWithTheFirstToCome) {
  Begin(EngineOptions(1, 1), {"A"});
  Lose("A");
  PassDeadline();
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "wake deadline");
  EXPECT_EQ(Asked("A"), Kind::kTrain);
}

TEST_F(RoundEngineTest, JoiningAgainChangesNothingUnlessTheDeclarationDoes) {
  Begin(EngineOptions(3), {"A"});
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "");
  EXPECT_EQ(Tell(SiteJoined{Declaration("A", 5)}), "reject");
  EXPECT_EQ(Reason().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
}

TEST_F(RoundEngineTest, ADeclarationThatContradictsTheRunIsRejectedByField) {
  Begin(EngineOptions(3), {});
  const auto refused = [this](SiteDeclaration declaration, const std::string& field) {
    ASSERT_EQ(Tell(SiteJoined{std::move(declaration)}), "reject");
    EXPECT_STATUS(Reason(), StatusCode::kInvalidArgument, field);
  };
  const TaskId task("prognosis");
  refused({SiteId(), 20, {{task, 20, 0}}, ""}, "site");
  refused({SiteId("A"), 0, {{task, 20, 0}}, ""}, "train_images");
  refused({SiteId("A"), 20, {}, ""}, "tasks");
  refused({SiteId("A"), 20, {{TaskId("age"), 5, 0}}, ""}, "age");
  refused({SiteId("A"), 20, {{task, 5, 0}, {task, 5, 0}}, ""}, "twice");
  refused({SiteId("A"), 20, {{task, 21, 0}}, ""}, "training labels");
  refused({SiteId("A"), 20, {{task, 5, -1}}, ""}, "training labels");
  refused({SiteId("A"), 20, {{task, 5, 0, -1}}, ""}, "'prognosis': expected");
  refused({SiteId("A"), 20, {{task, 5, 0}}, "", -1}, "set_aside");
}

TEST_F(RoundEngineTest, TheSameUpdateAgainIsFineAndAnotherIsNot) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  EXPECT_EQ(Update("A"), "");
  EXPECT_EQ(Update("A", "other bytes"), "reject");
  EXPECT_EQ(Reason().code(), StatusCode::kAlreadyExists);
  Update("B");
  EXPECT_EQ(Update("A"), "") << "the answer may have been lost";
}

TEST_F(RoundEngineTest, ALateUpdateIsToldTheCurrentRound) {
  Begin(EngineOptions(3), {"A", "B", "C"});
  Update("A");
  PassDeadline();
  EXPECT_EQ(Update("B"), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "the current round is 0");
  Store();
  PassDeadline();
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("A"), 0, "bytes", 20}), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "the current round is 1");
}

TEST_F(RoundEngineTest, EventsOutOfOrderAreRejected) {
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "reject");
  EXPECT_EQ(Tell(RunOpened{Model(1)}), "reject");
  Begin(EngineOptions(), {"A", "B"});
  EXPECT_EQ(Tell(RunOpened{Model(0)}), "reject");
  EXPECT_EQ(Store(), "reject");
  EXPECT_EQ(Tell(EvaluationReceived{SiteId("A"), 1, Counts(1)}), "reject");
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("A"), 1, "bytes", 20}), "reject");
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("A"), -1, "bytes", 20}), "reject");
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("A"), 0, "bytes", -1}), "reject");
  EXPECT_EQ(Lose("Z"), "reject");
  Lose("A");
  EXPECT_EQ(Lose("A"), "reject");
  now_ = Timestamp{4999};
  EXPECT_EQ(Update("B"), "reject");
}

TEST_F(RoundEngineTest, AModelIsStoredOnce) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  Update("B");
  EXPECT_EQ(Tell(ModelStored{0, Model(2)}), "reject");
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Store(), "reject");
}

TEST_F(RoundEngineTest, SitesWithoutValidationLabelsAreNotAskedToEvaluate) {
  Begin(EngineOptions(2), {"A"});
  Tell(SiteJoined{Declaration("B", 0)});
  Update("A");
  Update("B");
  Store();
  EXPECT_EQ(Asked("B"), Kind::kWait);
  EXPECT_EQ(Evaluate("B", 1), "reject");
  EXPECT_EQ(Evaluate("A", 1), "retire wake deadline");
}

TEST_F(RoundEngineTest, WithoutAnyValidationLabelTheLatestModelIsTheBest) {
  Begin(EngineOptions(1, 1, 2), {});
  Tell(SiteJoined{Declaration("A", 0)});
  Update("A");
  EXPECT_EQ(Store(), "retire wake deadline");
  Update("A");
  EXPECT_EQ(Store(), "retire finish wake");
  EXPECT_EQ(engine_.best_version(), 2);
  EXPECT_EQ(engine_.best_loss(), std::nullopt);
}

TEST_F(RoundEngineTest, AnEvaluationThatNobodyAnswersEndsAtItsDeadline) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  Update("B");
  Store();
  Lose("A");
  EXPECT_EQ(Lose("B"), "");
  EXPECT_EQ(PassDeadline(), "retire wake deadline");
  EXPECT_EQ(engine_.history().at(0).second, std::nullopt);
  EXPECT_EQ(engine_.round(), 1);
}

TEST_F(RoundEngineTest, AnEvaluationGoesOnWithoutTheLost) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  Update("B");
  Store();
  Evaluate("A", 1);
  EXPECT_EQ(Lose("B"), "retire wake deadline");
  EXPECT_DOUBLE_EQ(*engine_.history().at(0).second, 1.0);
}

TEST_F(RoundEngineTest, ForeignCountsAreCheckedBeforeTheyCount) {
  Begin(EngineOptions(), {"A", "B"});
  Update("A");
  Update("B");
  Store();
  const auto refused = [this](auto spoil) {
    std::vector<TaskCounts> tasks = Counts(1);
    spoil(tasks);
    EXPECT_EQ(Tell(EvaluationReceived{SiteId("A"), 1, tasks}), "reject");
  };
  refused([](auto& tasks) { tasks[0].task = TaskId("age"); });
  refused([](auto& tasks) { tasks.push_back(tasks[0]); });
  refused([](auto& tasks) { tasks[0].n = -1; });
  refused([](auto& tasks) { tasks[0].classifications[0].confusion[0] = -1; });
  refused([](auto& tasks) { tasks[0].classifications[0].confusion.pop_back(); });
  refused([](auto& tasks) { tasks[0].zones.resize(7); });
  refused([](auto& tasks) {
    tasks[0].classifications[0].positive_scores[0] = std::numeric_limits<std::int64_t>::max();
  });
  EXPECT_EQ(Evaluate("A", 1), "wake");
  EXPECT_EQ(Evaluate("A", 9), "") << "the first counts";
}

TEST_F(RoundEngineTest, PatienceEndsTheRunWithTheBestVersion) {
  RoundEngine::Options options = EngineOptions(1, 1, 100);
  options.schedule.stop_patience = 2;
  options.schedule.plateau_patience = 1;
  options.schedule.plateau_factor = 0.5;
  options.learning_rate = 1;
  Begin(options, {"A"});
  const auto round = [this](double loss) {
    Update("A");
    Store();
    return Evaluate("A", loss);
  };
  round(0.9);
  round(0.5);
  EXPECT_EQ(round(0.6), "retire wake deadline");
  EXPECT_EQ(engine_.InstructionFor(SiteId("A")).learning_rate, 0.5);
  EXPECT_EQ(engine_.InstructionFor(SiteId("A")).best_version, 2);
  EXPECT_EQ(round(std::numeric_limits<double>::quiet_NaN()), "retire finish wake");
  EXPECT_EQ(std::get<Finish>(commands_[1]).best_version, 2);
  EXPECT_EQ(engine_.InstructionFor(SiteId("A")).model, Model(2));
}

TEST_F(RoundEngineTest, EveryKthModelIsEvaluatedAndTheLast) {
  RoundEngine::Options options = EngineOptions(1, 1, 5);
  options.rounds.evaluate_every = 2;
  Begin(options, {"A"});
  Update("A");
  EXPECT_EQ(Store(), "retire wake deadline");
  EXPECT_EQ(engine_.round(), 1);
  EXPECT_EQ(engine_.best_version(), 0) << "nothing was evaluated yet";
  EXPECT_EQ(engine_.best_model(), Model(0));
  EXPECT_EQ(Tell(EvaluationReceived{SiteId("A"), 1, Counts(1)}), "reject");
  Update("A");
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Asked("A"), Kind::kEvaluate);
  EXPECT_EQ(Evaluate("A", 0.5), "retire wake deadline");
  Update("A");
  EXPECT_EQ(Store(), "retire wake deadline");
  EXPECT_EQ(engine_.best_version(), 2);
  Update("A");
  Store();
  Evaluate("A", 0.6);
  Update("A");
  EXPECT_EQ(Store(), "wake deadline") << "the last is evaluated";
  EXPECT_EQ(Evaluate("A", 0.7), "retire finish wake");
  EXPECT_EQ(std::get<Finish>(commands_[1]).best_model, Model(2));
  const std::vector<std::pair<RoundNumber, std::optional<double>>> expected{
      {1, std::nullopt}, {2, 0.5}, {3, std::nullopt}, {4, 0.6}, {5, 0.7}};
  EXPECT_EQ(engine_.history(), expected);
}

TEST_F(RoundEngineTest, AnIntervalBeyondTheRunEvaluatesTheLastModelAlone) {
  RoundEngine::Options options = EngineOptions(1, 1, 2);
  options.rounds.evaluate_every = std::numeric_limits<int>::max();
  Begin(options, {"A"});
  Update("A");
  EXPECT_EQ(Store(), "retire wake deadline");
  Update("A");
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Evaluate("A", 0.5), "retire finish wake");
  EXPECT_EQ(engine_.best_version(), 2);
}

TEST_F(RoundEngineTest, PatienceCountsEvaluatedVersionsAndWarmUpRounds) {
  RoundEngine::Options options = EngineOptions(1, 1, 100);
  options.rounds.evaluate_every = 2;
  options.schedule.warm_up = 2;  // rounds 0 and 1
  options.schedule.stop_patience = 2;
  options.schedule.plateau_patience = 1;
  options.schedule.plateau_factor = 0.5;
  options.learning_rate = 1;
  Begin(options, {"A"});
  const auto two_rounds = [this](double loss) {
    Update("A");
    EXPECT_EQ(Store(), "retire wake deadline");
    Update("A");
    EXPECT_EQ(Store(), "wake deadline");
    return Evaluate("A", loss);
  };
  const auto rate = [this] { return engine_.InstructionFor(SiteId("A")).learning_rate; };
  EXPECT_EQ(two_rounds(0.1), "retire wake deadline") << "still warming up";
  EXPECT_EQ(engine_.best_loss(), std::nullopt);
  EXPECT_EQ(two_rounds(0.5), "retire wake deadline");
  EXPECT_EQ(engine_.best_version(), 4);
  EXPECT_EQ(two_rounds(0.6), "retire wake deadline") << "one without improvement";
  EXPECT_EQ(rate(), 0.5);
  EXPECT_EQ(two_rounds(0.7), "retire finish wake") << "two";
  EXPECT_EQ(engine_.round(), 7);
  EXPECT_EQ(engine_.best_version(), 4);
}

TEST_F(RoundEngineTest, AfterTheEndOnlyKnownSitesMayComeBack) {
  Begin(EngineOptions(1, 1, 1), {"A"});
  Update("A");
  Store();
  Evaluate("A", 1);
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "");
  EXPECT_EQ(Tell(SiteJoined{Declaration("B")}), "reject");
  EXPECT_EQ(PassDeadline(), "reject");
}

}  // namespace
}  // namespace consilium
