/// What every RoundStore must do, and one event of each kind to do it with.
#pragma once

#include "aggregator/event_codec.h"
#include "aggregator/round_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <functional>
#include <limits>

namespace consilium {

inline std::vector<Event> OneEventOfEachKind() {
  TaskCounts prognosis = EmptyCounts(PrognosisTask());
  prognosis.n = 3;
  prognosis.loss_sum = 0.1 + 0.2;  // has no short decimal form
  prognosis.classifications[0].confusion[1] = 3;
  prognosis.classifications[0].positive_scores[kScoreBins - 1] = 2;
  TaskCounts brixia = EmptyCounts(BrixiaTask("zones").value());
  brixia.loss_sum = std::numeric_limits<double>::infinity();
  brixia.zones[2].sum_pt = 1e-300;
  const ModelRef model{"ab12", 123456789, 4};
  return {
      {{1}, RunOpened{{"", 64, 0}}},
      {{2},
       SiteJoined{
           {SiteId("A"), 20, {{TaskId("prognosis"), 20, 4, 2}, {TaskId("b"), 3, 0}}, "fp", 5}}},
      {{3}, UpdateSpooled{SiteId("A"), 3, "00ff", 19}},
      {{3}, ModelStored{3, model}},
      {{5}, EvaluationReceived{SiteId("A"), 4, {prognosis, brixia}}},
      {{std::int64_t{1} << 42}, DeadlinePassed{3}},
      {{std::int64_t{1} << 42}, SiteLost{SiteId("A")}},
      {{std::int64_t{1} << 42},
       SiteTurnedAway{SiteId("D"), SiteStanding::kAbstained, "task 'b': 1 of 9 are usable"}},
      {{std::int64_t{1} << 42}, SiteBegan{SiteId("A"), 7}},
  };
}

inline std::vector<std::string> Encoded(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  texts.reserve(events.size());
  for (const Event& event : events) texts.push_back(EncodeEvent(event));
  return texts;
}

struct RoundStoreFactory {
  std::string name;
  std::function<std::unique_ptr<RoundStore>(const std::string& folder)> open;
  bool lasting = false;  ///< opened again, it holds what it held
};

class RoundStoreContract : public ::testing::TestWithParam<RoundStoreFactory> {
 protected:
  TempFolder folder_;
  std::unique_ptr<RoundStore> store_ = GetParam().open(folder_.path());
};

TEST_P(RoundStoreContract, BeginsEmpty) { EXPECT_THAT(*store_->Load(), ::testing::IsEmpty()); }

TEST_P(RoundStoreContract, GivesBackItsEventsInOrder) {
  const std::vector<Event> events = OneEventOfEachKind();
  for (const Event& event : events) ASSERT_OK(store_->Append(event));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<Event> loaded, store_->Load());
  EXPECT_EQ(Encoded(loaded), Encoded(events));
}

TEST_P(RoundStoreContract, KeepsThemWhenItIsOpenedAgain) {
  const std::vector<Event> events = OneEventOfEachKind();
  for (const Event& event : events) {
    ASSERT_OK(store_->Append(event));
    if (!GetParam().lasting) continue;
    store_.reset();
    store_ = GetParam().open(folder_.path());
  }
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<Event> loaded, store_->Load());
  EXPECT_EQ(Encoded(loaded), Encoded(events));
}

}  // namespace consilium
