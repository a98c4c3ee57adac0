#include "aggregator/sqlite_store.h"

#include "tests/aggregator/crash_schedule.h"
#include "tests/support/contracts/round_store_contract.h"

#include <sqlite3.h>

#include <fstream>

namespace consilium {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, RoundStoreContract,
                         ::testing::Values(RoundStoreFactory{
                             "Sqlite",
                             [](const std::string& folder) -> std::unique_ptr<RoundStore> {
                               return OpenSqliteRoundStore(folder + "/run.sqlite", "plan").value();
                             },
                             true}));

/// What another hand did to the file.
void Execute(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

TEST(SqliteStoreTest, RefusesTheStoreOfAnotherPlan) {
  const TempFolder folder;
  ASSERT_OK(OpenSqliteRoundStore(folder.File("run.sqlite"), "plan"));
  EXPECT_STATUS(OpenSqliteRoundStore(folder.File("run.sqlite"), "other plan"),
                StatusCode::kFailedPrecondition, "another plan");
}

TEST(SqliteStoreTest, IsHeldByOneProcessAtATime) {
  const TempFolder folder;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto held,
                                 OpenSqliteRoundStore(folder.File("run.sqlite"), "plan"));
  ASSERT_OK(held->Append({{1}, SiteLost{SiteId("A")}}));
  EXPECT_STATUS(OpenSqliteRoundStore(folder.File("run.sqlite"), "plan"), StatusCode::kUnavailable,
                "locked");
}

TEST(SqliteStoreTest, AFileThatIsNoStoreIsNamed) {
  const TempFolder folder;
  std::ofstream(folder.File("notes")) << std::string(4096, 'x');
  EXPECT_STATUS(OpenSqliteRoundStore(folder.File("notes"), "plan"), StatusCode::kDataLoss, "notes");
  EXPECT_STATUS(OpenSqliteRoundStore(folder.File("absent/run"), "plan"),
                StatusCode::kInvalidArgument, "absent/run");
}

TEST(SqliteStoreTest, AMissingOrBrokenEventIsDataLoss) {
  const TempFolder folder;
  const std::string path = folder.File("run.sqlite");
  {
    const auto store = OpenSqliteRoundStore(path, "plan").value();
    for (const Event& event : OneEventOfEachKind()) ASSERT_OK(store->Append(event));
  }
  Execute(path, "UPDATE events SET event = '{}' WHERE sequence = 3");
  EXPECT_STATUS((*OpenSqliteRoundStore(path, "plan"))->Load(), StatusCode::kDataLoss, "event 3");
  Execute(path, "DELETE FROM events WHERE sequence = 3");
  EXPECT_STATUS((*OpenSqliteRoundStore(path, "plan"))->Load(), StatusCode::kDataLoss, "missing");
}

TEST(SqliteStoreTest, ACopyHoldsWhatIsAppendedWhileItIsMade) {
  const TempFolder folder;
  const std::string path = folder.File("run.sqlite");
  ASSERT_OK(OpenSqliteRoundStore(path, "plan"));
  Execute(path, "CREATE TABLE filler(bytes); INSERT INTO filler VALUES (zeroblob(9000000))");
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto store, OpenSqliteRoundStore(path, "plan"));
  ASSERT_OK(store->Append({{1}, SiteLost{SiteId("A")}}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto copy, store->BeginCopy(folder.File("copy.sqlite")));
  EXPECT_FALSE(copy->Step().value());
  ASSERT_OK(store->Append({{2}, SiteLost{SiteId("B")}}));
  while (!copy->Step().value()) {
  }
  ASSERT_OK(store->Append({{3}, SiteLost{SiteId("C")}}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto read,
                                 OpenSqliteRoundStore(folder.File("copy.sqlite"), "plan"));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const std::vector<Event> log, read->Load());
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(std::get<SiteLost>(log[1].what).site, SiteId("B"));
}

TEST(SqliteStoreTest, ACopyThatCannotBeWrittenIsAnError) {
  const TempFolder folder;
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto store,
                                 OpenSqliteRoundStore(folder.File("run.sqlite"), "plan"));
  EXPECT_STATUS(store->BeginCopy(folder.File("absent/copy")), StatusCode::kInvalidArgument,
                "absent/copy");
}

TEST(SqliteStoreTest, ARunGoesOnFromItsFileAfterAPowerCut) {
  bool cut = false;
  Bytes expected;
  for (const int at : {1'000'000, 4, 9, 14, 23, 31, 38}) {
    const TempFolder folder;
    LastingStores stores{OpenDiskBlobStore(folder.File("blobs")).value(),
                         OpenSqliteRoundStore(folder.File("run.sqlite"), "plan").value()};
    CONSILIUM_ASSERT_OK_AND_ASSIGN(
        const Bytes model, RunThroughPowerCut(stores, at, PowerCut::Moment::kAfterTheChange, cut));
    if (expected.empty()) expected = model;
    EXPECT_EQ(model, expected) << "change " << at;
  }
}

}  // namespace
}  // namespace consilium
