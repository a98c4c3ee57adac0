#include "aggregator/sqlite_run_store.h"

#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace consilium {
namespace {

RunChange Change(std::int64_t sequence, RunState state) {
  return {sequence, {1000 + sequence}, RunId("r"), state, "it's \"so\"", "carol"};
}

TEST(SqliteRunStoreTest, ReadsBackWhatWasStored) {
  const TempFolder folder;
  const std::string path = folder.File("runs.sqlite");
  {
    const auto store = SqliteRunStore::Open(path).value();
    ASSERT_OK(store->AddRun(Change(1, RunState::kQueued), "run: r\n"));
    ASSERT_OK(store->Append(Change(2, RunState::kWaiting)));
    ASSERT_OK(store->SetVisits(SiteId("B"), {RunId("r")}));
    ASSERT_OK(store->SetVisits(SiteId("A"), {RunId("p"), RunId("q"), RunId("r")}));
    ASSERT_OK(store->SetVisits(SiteId("A"), {RunId("r"), RunId("q")}));
  }
  const auto store = SqliteRunStore::Open(path).value();
  EXPECT_THAT(store->Changes().value(),
              ::testing::ElementsAre(Change(1, RunState::kQueued), Change(2, RunState::kWaiting)));
  EXPECT_EQ(store->PlanOf(RunId("r")).value(), "run: r\n");
  EXPECT_THAT(
      store->Visits().value(),
      ::testing::ElementsAre(std::pair(SiteId("A"), std::vector<RunId>{RunId("r"), RunId("q")}),
                             std::pair(SiteId("B"), std::vector<RunId>{RunId("r")})));
  EXPECT_STATUS(store->PlanOf(RunId("s")), StatusCode::kNotFound, "run s");
}

TEST(SqliteRunStoreTest, AFileOfTheFirstSchemaOpensWithItsRunsAndVisits) {
  const TempFolder folder;
  const std::string path = folder.File("runs.sqlite");
  const std::string first_schema =
      "CREATE TABLE runs(run TEXT PRIMARY KEY, plan TEXT NOT NULL);"
      "CREATE TABLE changes(sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, run TEXT NOT NULL,"
      " state TEXT NOT NULL, cause TEXT NOT NULL, actor TEXT NOT NULL);"
      "CREATE TABLE visits(site TEXT PRIMARY KEY, run TEXT NOT NULL);";
  const std::string content =
      "INSERT INTO runs VALUES ('r', 'run: r');"
      "INSERT INTO changes VALUES (1, 1001, 'r', 'queued', 'it''s \"so\"', 'carol');"
      "INSERT INTO visits VALUES ('A', 'r'), ('B', 'q');";
  ASSERT_OK(SqliteDatabase::Open(path, {first_schema + content}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto store, SqliteRunStore::Open(path));
  EXPECT_EQ(store->PlanOf(RunId("r")).value(), "run: r");
  EXPECT_THAT(store->Changes().value(), ::testing::ElementsAre(Change(1, RunState::kQueued)));
  EXPECT_THAT(store->Visits().value(),
              ::testing::ElementsAre(std::pair(SiteId("A"), std::vector<RunId>{RunId("r")}),
                                     std::pair(SiteId("B"), std::vector<RunId>{RunId("q")})));
  ASSERT_OK(store->SetVisits(SiteId("A"), {RunId("r"), RunId("s")}));
}

TEST(SqliteRunStoreTest, ARunIsStoredWithItsFirstChangeOrNotAtAll) {
  const TempFolder folder;
  const auto store = SqliteRunStore::Open(folder.File("runs.sqlite")).value();
  ASSERT_OK(store->AddRun(Change(1, RunState::kQueued), "run: r\n"));
  RunChange second = Change(1, RunState::kQueued);  // its number is taken
  second.run = RunId("s");
  EXPECT_FALSE(store->AddRun(second, "run: s\n").ok());
  EXPECT_STATUS(store->PlanOf(RunId("s")), StatusCode::kNotFound, "run s");
}

TEST(SqliteDatabaseTest, AFileOfEachEarlierSchemaOpensWithItsContent) {
  const std::vector<std::string> migrations = {
      "CREATE TABLE t(a TEXT); INSERT INTO t VALUES ('one')", "ALTER TABLE t ADD COLUMN b TEXT",
      "UPDATE t SET b = a || '!'"};
  for (std::size_t version = 0; version <= migrations.size(); ++version) {
    const TempFolder folder;
    const std::string path = folder.File("t.sqlite");
    ASSERT_OK(SqliteDatabase::Open(path, {migrations.begin(), migrations.begin() + version}));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto database, SqliteDatabase::Open(path, migrations));
    CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto rows, database->Query("SELECT a, b FROM t", 2));
    EXPECT_THAT(rows, ::testing::ElementsAre(std::vector<std::string>{"one", "one!"})) << version;
  }
}

TEST(SqliteDatabaseTest, AMigrationThatFailsLeavesTheFileAsItWas) {
  const TempFolder folder;
  const std::string path = folder.File("t.sqlite");
  const std::string first = "CREATE TABLE t(a TEXT)";
  ASSERT_OK(SqliteDatabase::Open(path, {first}));
  EXPECT_FALSE(SqliteDatabase::Open(path, {first, "CREATE TABLE u(a TEXT)", "no SQL"}).ok());
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const auto database, SqliteDatabase::Open(path, {first}));
  EXPECT_FALSE(database->Query("SELECT a FROM u", 1).ok());
}

TEST(SqliteDatabaseTest, AFileOfANewerProgramIsRefused) {
  const TempFolder folder;
  const std::string path = folder.File("t.sqlite");
  ASSERT_OK(SqliteDatabase::Open(path, {"CREATE TABLE t(a TEXT)", "DROP TABLE t"}));
  EXPECT_STATUS(SqliteDatabase::Open(path, {"CREATE TABLE t(a TEXT)"}),
                StatusCode::kFailedPrecondition, "schema 2");
}

}  // namespace
}  // namespace consilium
