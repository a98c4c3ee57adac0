/// Who takes part in a round: sites that abstain, are refused, only evaluate, or are drawn.

#include "common/federation/round_engine.h"
#include "tests/common/federation/round_engine_fixture.h"

namespace consilium {
namespace {

using Kind = InstructionKind;

SiteDeclaration HalfReadable(const std::string& site, std::int64_t set_aside) {
  SiteDeclaration declaration = Declaration(site);  // 24 that can be read
  declaration.tasks[0].set_aside = declaration.set_aside = set_aside;
  return declaration;
}

TEST_F(RoundEngineTest, ASiteWithTooFewUsableImagesAbstainsAndIsNotWaitedFor) {
  RoundEngine::Options options = EngineOptions(3, 2);
  options.rounds.smallest_usable_share = 0.75;
  Begin(options, {"A"});
  EXPECT_EQ(Tell(SiteJoined{HalfReadable("B", 8)}), "") << "24 of 32 are just enough";
  ASSERT_EQ(Tell(SiteJoined{HalfReadable("C", 9)}), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kInvalidArgument,
                "site C: task 'prognosis': 24 of 33 labelled images are usable, a share of 0.7273; "
                "the run asks for 0.75: the site abstains");
  const SiteTurnedAway note = *std::get<Reject>(commands_.at(0)).note;
  EXPECT_EQ(note.standing, SiteStanding::kAbstained);
  EXPECT_EQ(Tell(note), "wake deadline") << "the run begins without it";
  EXPECT_EQ(Asked("A"), Kind::kTrain);
  EXPECT_EQ(Asked("C"), Kind::kWait);
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("C"), 0, "bytes", 20}), "reject");
  EXPECT_EQ(Tell(note), "") << "the same note again changes nothing";
}

TEST_F(RoundEngineTest, ARunDoesNotBeginBelowItsQuorumWhoeverAbstains) {
  Begin(EngineOptions(2, 2), {"A"});
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("B"), SiteStanding::kAbstained, "blurred"}), "");
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
  EXPECT_EQ(Tell(SiteJoined{Declaration("B")}), "wake deadline") << "its pictures were mended";
  EXPECT_TRUE(engine_.turned_away().empty());
}

TEST_F(RoundEngineTest, ARefusedSiteIsNotedAndStillWaitedFor) {
  Begin(EngineOptions(2, 1), {"A"});
  ASSERT_EQ(Tell(SiteJoined{{SiteId("B"), 20, {{TaskId("age"), 5, 0}}, ""}}), "reject");
  const SiteTurnedAway note = *std::get<Reject>(commands_.at(0)).note;
  EXPECT_EQ(note, (SiteTurnedAway{SiteId("B"), SiteStanding::kRefused,
                                  "tasks: 'age' is no task of this run or named twice"}));
  EXPECT_EQ(Tell(note), "");
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
}

TEST_F(RoundEngineTest, ASiteThatCannotTakePartAfterAllIsRefusedWithItsReason) {
  Begin(EngineOptions(2, 1), {"A"});
  SiteDeclaration gone;
  gone.site = SiteId("A");
  gone.obstacle = SiteObstacle::kData;
  ASSERT_EQ(Tell(SiteJoined{gone}), "reject");
  const SiteTurnedAway note = *std::get<Reject>(commands_.at(0)).note;
  EXPECT_EQ(note.standing, SiteStanding::kRefused);
  EXPECT_NE(note.why.find("data: cannot be prepared"), std::string::npos) << note.why;
  EXPECT_EQ(Tell(note), "");
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "") << "mended";
  EXPECT_TRUE(engine_.turned_away().empty());
}

TEST_F(RoundEngineTest, ANoteThatSaysNothingOrOfASiteThatTakesPartIsRejected) {
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("B"), SiteStanding::kRefused, "early"}), "reject");
  Begin(EngineOptions(3), {"A"});
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("B"), SiteStanding::kLate, "late"}), "reject");
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId(), SiteStanding::kRefused, "nobody"}), "reject");
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("B"), SiteStanding::kRefused, std::string(1001, 'x')}),
            "reject");
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("A"), SiteStanding::kAbstained, "after all"}), "reject");
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("A"), SiteStanding::kRefused, "other data"}), "")
      << "a site that changed its declaration";
}

RoundEngine::Options LeavingOut(const std::string& site, int expected, int rounds = 3) {
  RoundEngine::Options options = EngineOptions(expected, 1, rounds);
  options.rounds.evaluation_sites = {SiteId(site)};
  return options;
}

SiteDeclaration OnlyValidation(const std::string& site) {
  return {SiteId(site), 0, {{TaskId("prognosis"), 0, 4}}, "layout"};
}

TEST_F(RoundEngineTest, ALeftOutSiteEvaluatesEveryModelAndCountsInNoLoss) {
  Begin(LeavingOut("E", 1, 2), {});
  EXPECT_EQ(Tell(SiteJoined{OnlyValidation("E")}), "");
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering) << "the run does not begin with it";
  EXPECT_EQ(Tell(SiteJoined{Declaration("A")}), "wake deadline");
  EXPECT_EQ(Asked("E"), Kind::kWait);
  EXPECT_EQ(Tell(UpdateSpooled{SiteId("E"), 0, "bytes", 20}), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kFailedPrecondition, "site E: only evaluates");
  EXPECT_EQ(Update("A"), "wake aggregate(A)");
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Asked("E"), Kind::kEvaluate);
  EXPECT_EQ(engine_.InstructionFor(SiteId("E")).model, Model(1));
  EXPECT_EQ(Evaluate("A", 0.5), "wake") << "E is waited for";
  EXPECT_EQ(Evaluate("E", 0.01), "retire wake deadline");
  EXPECT_EQ(engine_.best_loss(), 0.5);
  EXPECT_EQ(engine_.left_out().at(SiteId("E")), Counts(0.01));
  EXPECT_EQ(Evaluate("E", 0.02), "") << "the first counts";
  Update("A");
  Store();
  EXPECT_TRUE(engine_.left_out().empty()) << "of another version";
  EXPECT_EQ(Evaluate("A", 0.6), "wake");
  EXPECT_EQ(PassDeadline(), "retire finish wake") << "not longer than the deadline";
  EXPECT_EQ(engine_.best_version(), 1);
}

TEST_F(RoundEngineTest, ALostLeftOutSiteIsNotWaitedFor) {
  Begin(LeavingOut("E", 1), {"A"});
  Tell(SiteJoined{OnlyValidation("E")});
  Update("A");
  Store();
  Evaluate("A", 0.5);
  EXPECT_EQ(Lose("E"), "retire wake deadline");
  Update("A");
  Store();
  EXPECT_EQ(Evaluate("A", 0.5), "retire wake deadline");
}

TEST_F(RoundEngineTest, AModelIsEvaluatedForALeftOutSiteAlone) {
  Begin(LeavingOut("E", 1), {});
  Tell(SiteJoined{Declaration("A", 0)});
  Tell(SiteJoined{OnlyValidation("E")});
  Update("A");
  EXPECT_EQ(Store(), "wake deadline");
  EXPECT_EQ(Evaluate("E", 0.5), "retire wake deadline");
  EXPECT_EQ(engine_.history().at(0).second, std::nullopt);
}

TEST_F(RoundEngineTest, ALeftOutSiteThatAbstainsDoesNotLetTheRunBegin) {
  Begin(LeavingOut("E", 2), {"A"});
  EXPECT_EQ(Tell(SiteTurnedAway{SiteId("E"), SiteStanding::kAbstained, "unreadable"}), "");
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
}

TEST_F(RoundEngineTest, ALeftOutSiteNeedsValidationLabelsAndOthersTrainingLabels) {
  Begin(LeavingOut("E", 3), {});
  EXPECT_EQ(Tell(SiteJoined{{SiteId("E"), 0, {}, ""}}), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kInvalidArgument, "validation labels");
  EXPECT_EQ(Tell(SiteJoined{{SiteId("A"), 9, {{TaskId("prognosis"), 0, 4}}, ""}}), "reject");
  EXPECT_STATUS(Reason(), StatusCode::kInvalidArgument, "training labels");
}

TEST_F(RoundEngineTest, AShareOfTheSitesTrainsAndAllEvaluate) {
  RoundEngine::Options options = EngineOptions(4, 1, 3);
  options.rounds.select_fraction = 0.5;
  Begin(options, {"A", "B", "C", "D"});
  std::vector<std::string> asked;
  for (const char* site : {"A", "B", "C", "D"}) {
    if (Asked(site) == Kind::kTrain) asked.emplace_back(site);
  }
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(Update(asked[0]), "wake");
  EXPECT_EQ(Update(asked[1]), "wake aggregate(" + asked[0] + asked[1] + ")");
  const RoundWeights& weights = std::get<Aggregate>(commands_.at(1)).weights;
  EXPECT_EQ(weights.size(), 2U);
  EXPECT_EQ(weights.at(SiteId(asked[0])).backbone, 0.5);
  Store();
  for (const char* site : {"A", "B", "C"}) EXPECT_EQ(Evaluate(site, 0.5), "wake");
  EXPECT_EQ(Evaluate("D", 0.5), "retire wake deadline");
}

TEST_F(RoundEngineTest, ARepeatedDrawAsksThoseFirstWhoWereNotAsked) {
  RoundEngine::Options options = EngineOptions(2, 1, 3);
  options.rounds.select_fraction = 0.5;
  Begin(options, {"A", "B"});
  const std::string first = Asked("A") == Kind::kTrain ? "A" : "B";
  const std::string second = first == "A" ? "B" : "A";
  EXPECT_EQ(Asked(second), Kind::kWait);
  EXPECT_EQ(PassDeadline(), "wake deadline");
  EXPECT_EQ(Asked(second), Kind::kTrain);
  EXPECT_EQ(Asked(first), Kind::kWait);
  EXPECT_EQ(Update(second), "wake aggregate(" + second + ")");
}

TEST_F(RoundEngineTest, OnlySitesOfTheListTrainAndCountForTheBeginning) {
  RoundEngine::Options options = EngineOptions(2, 1, 3);
  options.rounds.select_sites = {SiteId("A"), SiteId("C")};
  Begin(options, {"A", "B"});
  EXPECT_EQ(engine_.phase(), RoundPhase::kGathering);
  EXPECT_EQ(Tell(SiteJoined{Declaration("C")}), "wake deadline");
  EXPECT_EQ(Asked("B"), Kind::kWait);
  EXPECT_EQ(Update("B"), "reject");
  Update("A");
  EXPECT_EQ(Update("C"), "wake aggregate(AC)");
  Store();
  EXPECT_EQ(Asked("B"), Kind::kWait);
}

}  // namespace
}  // namespace consilium
