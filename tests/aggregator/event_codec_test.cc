#include "aggregator/event_codec.h"

#include "common/base/random_stream.h"
#include "tests/support/contracts/round_store_contract.h"

namespace consilium {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, RoundStoreContract,
                         ::testing::Values(RoundStoreFactory{
                             "Memory", [](const std::string&) { return MakeMemoryRoundStore(); }}));

TEST(EventCodecTest, ReadsBackEveryKindOfEventToTheBit) {
  for (const Event& event : OneEventOfEachKind()) {
    const std::string text = EncodeEvent(event);
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const Event read, DecodeEvent(text));
    EXPECT_EQ(read.at, event.at);
    EXPECT_EQ(read.what.index(), event.what.index());
    EXPECT_EQ(EncodeEvent(read), text);
    if (const auto* evaluation = std::get_if<EvaluationReceived>(&event.what)) {
      EXPECT_EQ(std::get<EvaluationReceived>(read.what).tasks, evaluation->tasks);
    }
    if (const auto* joined = std::get_if<SiteJoined>(&event.what)) {
      EXPECT_EQ(std::get<SiteJoined>(read.what).declaration, joined->declaration);
    }
    if (const auto* away = std::get_if<SiteTurnedAway>(&event.what)) {
      EXPECT_EQ(std::get<SiteTurnedAway>(read.what), *away);
    }
  }
}

TEST(EventCodecTest, TheLongestReasonOfAStrangerIsReadBack) {
  const Event event{{1},
                    SiteTurnedAway{SiteId("A"), SiteStanding::kRefused,
                                   std::string(1000, static_cast<char>(0xFF))}};
  EXPECT_OK(DecodeEvent(EncodeEvent(event)));
}

TEST(EventCodecTest, IsTheTextOfTheFormatsPage) {
  EXPECT_EQ(EncodeEvent({{7}, UpdateSpooled{SiteId("A"), 3, "00ff", 19, 4}}),
            R"({"at":7,"digest":"00ff","images_used":19,"round":3,"site":"A","steps":4,)"
            R"("what":"update_spooled"})");
}

TEST(EventCodecTest, ALogFromBeforeUnreadableImagesWereCountedHasNone) {
  CONSILIUM_ASSERT_OK_AND_ASSIGN(
      const Event read,
      DecodeEvent(R"({"at":1,"what":"site_joined","site":"A","train_images":9,)"
                  R"("layout_fingerprint":"fp","tasks":[{"task":"b","train":3,"validation":1}]})"));
  const SiteDeclaration expected{SiteId("A"), 9, {{TaskId("b"), 3, 1, 0}}, "fp", 0};
  EXPECT_EQ(std::get<SiteJoined>(read.what).declaration, expected);
}

TEST(EventCodecTest, ADeclarationsMeaningAndGeometryAreReadBack) {
  SiteDeclaration declaration{SiteId("A"), 9, {{TaskId("b"), 3, 1, 0}}, "fp", 0, 224, 1};
  declaration.tasks[0].classes = {{"mild", 1}, {"severe", 2}};
  declaration.tasks.push_back({TaskId("c"), 0, 0, 1, {}, 6, 4});
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Event read,
                                 DecodeEvent(EncodeEvent({{1}, SiteJoined{declaration}})));
  EXPECT_EQ(std::get<SiteJoined>(read.what).declaration, declaration);
}

TEST(EventCodecTest, TextThatIsNoEventIsDataLossNamingTheField) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"", "event"},
      {"[]", "object"},
      {"{\"at\":1}", "what"},
      {R"({"at":1,"what":"party"})", "party"},
      {R"({"at":"now","what":"site_lost","site":"A"})", "at"},
      {R"({"at":1,"what":"site_lost"})", "site"},
      {R"({"at":1,"what":"site_lost","site":7})", "site"},
      {R"({"at":1,"what":"site_turned_away","site":"A","standing":"bored","why":""})", "standing"},
      {R"({"at":1,"what":"deadline_passed","round":1e99})", "round"},
      {R"({"at":1,"what":"deadline_passed","round":9999999999})", "round"},
      {R"({"at":1,"what":"deadline_passed","round":18446744073709551615})", "round"},
      {R"({"at":1,"what":"run_opened","model":3})", "object"},
      {R"({"at":1,"what":"site_joined","site":"A","train_images":1,"layout_fingerprint":"",
           "tasks":[1]})",
       "tasks"},
      {R"({"at":1,"what":"evaluation_received","site":"A","version":1,"tasks":[{"task":"x","n":1,
           "loss_sum":0,"zones":[],"classifications":[{"classes":1000,"confusion":[]}]}]})",
       "confusion"},
      {R"({"at":1,"what":"evaluation_received","site":"A","version":1,"tasks":[{"task":"x","n":1,
           "loss_sum":0,"zones":[],"classifications":[{"classes":0,"confusion":[],
           "negative_scores":[[8192,1]],"positive_scores":null}]}]})",
       "negative_scores"},
  };
  for (const auto& [text, field] : faults) {
    EXPECT_STATUS(DecodeEvent(text), StatusCode::kDataLoss, field);
  }
}

// Replays thousands of broken texts: nothing but a Status may come of them.
TEST(EventCodecTest, BrokenTextsNeverDoMoreThanFail) {
  RandomStream random(StreamSeed(1, {"broken events"}));
  const std::vector<std::string> good = Encoded(OneEventOfEachKind());
  int failed = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = good[random.Below(good.size())];
    for (std::uint64_t changes = 1 + random.Below(3); changes > 0; --changes) {
      const std::size_t at = random.Below(text.size());
      switch (random.Below(3)) {
        case 0:
          text[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          text.erase(at, 1 + random.Below(8));
          break;
        default:
          text.insert(at, text.substr(random.Below(text.size()), random.Below(12)));
      }
      if (text.empty()) text = "{";
    }
    const Result<Event> event = DecodeEvent(text);
    if (event.ok()) continue;
    ++failed;
    ASSERT_EQ(event.status().code(), StatusCode::kDataLoss) << text;
  }
  EXPECT_GT(failed, 2500);
}

}  // namespace
}  // namespace consilium
