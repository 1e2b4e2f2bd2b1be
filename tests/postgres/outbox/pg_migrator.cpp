// What `rolecall migrate` does to a database, and what it leaves alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "outbox/pg/migrator.hpp"
#include "schema_migrations.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall {
namespace {

using testing::TestDatabase;

const std::string kOthers =
    "insert into rolecall.schema_migrations (version, name, oldest_program, digest) ";

std::size_t migration_count() {
  return schema_migrations::files().size();
}

// Numbers may be missing between.
int newest_version() {
  return std::stoi(std::string(schema_migrations::files().back().name));
}

TEST(Migrator, BringsAnEmptyDatabaseToTheNewestVersion) {
  TestDatabase database(TestDatabase::Schema::empty);
  std::vector<std::string> said;
  const auto report =
      migrate(database.url(), false, [&](const std::string& line) { said.push_back(line); });
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->version, newest_version());
  EXPECT_EQ(report->applied.at(0), "0001_mirror");
  EXPECT_FALSE(report->nothing_to_do);
  EXPECT_EQ(said.at(0), "migration 0001_mirror");
  EXPECT_EQ(database.value("select count(*) from rolecall.schema_migrations"),
            std::to_string(migration_count()));
  EXPECT_EQ(
      database.value("select oldest_program from rolecall.schema_migrations where version = 1"),
      "0.1.0");
  EXPECT_TRUE(check_schema(database.url()));
}

TEST(Migrator, FindsNothingToDoTheSecondTime) {
  TestDatabase database;
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report->nothing_to_do);
  EXPECT_TRUE(report->applied.empty());
  EXPECT_EQ(report->version, newest_version());
}

TEST(Migrator, DryRunSaysWhatItWouldDoAndDoesNothing) {
  TestDatabase database(TestDatabase::Schema::empty);
  const auto report = migrate(database.url(), true, {});
  ASSERT_TRUE(report);
  EXPECT_GE(report->applied.size(), migration_count());
  EXPECT_EQ(database.value("select count(*) from pg_namespace where nspname = 'rolecall'"), "0");
}

TEST(Migrator, FourAtOnceApplyEachMigrationOnce) {
  TestDatabase database(TestDatabase::Schema::empty);
  std::vector<std::string> applied;
  std::vector<std::string> errors;
  std::mutex mutex;
  std::latch start(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      start.arrive_and_wait();
      const auto report = migrate(database.url(), false, {});
      const std::lock_guard hold(mutex);
      if (report.has_error()) {
        errors.push_back(report.error().detail);
      } else {
        applied.insert(applied.end(), report->applied.begin(), report->applied.end());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(errors.empty()) << errors.at(0);
  for (const auto& file : schema_migrations::files())
    EXPECT_EQ(std::count(applied.begin(), applied.end(), file.name), 1) << file.name;
  EXPECT_TRUE(check_schema(database.url()));
}

TEST(Migrator, AppliesFunctionsAgainWhenOneOfThemChanged) {
  TestDatabase database;
  database.sql(
      "update rolecall.schema_objects set digest = 'of an older text' where name = "
      "(select min(name) from rolecall.schema_objects)");
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report) << report.error().detail;
  ASSERT_EQ(report->applied.size(), 1U);
  EXPECT_EQ(report->applied[0].substr(0, 19), "functions and views");
  EXPECT_EQ(
      database.value("select count(*) from rolecall.schema_objects where digest like 'of an%'"),
      "0");
}

// A worker or an application may hold a lock at that moment; the workers run on during an upgrade.
TEST(Migrator, BeginsAnewWhereATableIsLockedAndStopsNobodyMeanwhile) {
  TestDatabase database;
  database.sql("update rolecall.schema_objects set digest = 'of an older text'");
  auto other = database.connect_directly();
  ASSERT_TRUE(other.run("begin"));
  ASSERT_TRUE(other.run("lock table rolecall.outbox_history in access exclusive mode"));
  auto report =
      std::async(std::launch::async, [url = database.url()] { return migrate(url, false, {}); });
  std::set<std::string> transactions_that_waited;
  while (transactions_that_waited.size() < 2 &&
         report.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    const auto waits = database.sql(
        "select xact_start::text from pg_stat_activity where datname = current_database() and "
        "wait_event_type = 'Lock'");
    for (const auto& row : waits.rows) transactions_that_waited.insert(row.at(0).value_or(""));
  }
  ASSERT_TRUE(other.run("commit"));
  const auto migrated = report.get();
  ASSERT_TRUE(migrated) << migrated.error().detail;
  EXPECT_EQ(migrated->applied.size(), 1U);
  EXPECT_EQ(
      database.value("select count(*) from rolecall.schema_objects where digest like 'of an%'"),
      "0");
}

TEST(Migrator, AFailedMigrationLeavesNothingOfItself) {
  TestDatabase database(TestDatabase::Schema::empty);
  database.sql("create schema rolecall");
  database.sql("create table rolecall.users (mine text)");
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report.has_error());
  EXPECT_NE(report.error().detail.find("migration 0001_mirror failed"), std::string::npos);
  EXPECT_EQ(report.error().code, "42P07");
  EXPECT_EQ(database.value("select count(*) from rolecall.schema_migrations"), "0");
  EXPECT_EQ(database.value("select to_regclass('rolecall.organizations') is null"), "t");
  EXPECT_EQ(database.value("select count(*) from information_schema.columns where table_schema = "
                           "'rolecall' and table_name = 'users'"),
            "1");
}

TEST(Migrator, RefusesAMigrationThatWasChangedAfterItWasApplied) {
  TestDatabase database;
  database.sql("update rolecall.schema_migrations set digest = 'another' where version = 2");
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().code, "migration_changed");
  EXPECT_EQ(report.error().kind, FailureClass::bad_input);
}

TEST(Migrator, RefusesADatabaseThatNeedsANewerProgram) {
  TestDatabase database;
  database.sql(kOthers + "values (900, '0900_later', '99.0.0', 'x')");
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().code, "schema_too_new");
  const auto check = check_schema(database.url());
  ASSERT_TRUE(check.has_error());
  EXPECT_EQ(check.error().code, "schema_too_new");
  EXPECT_NE(check.error().detail.find("99.0.0"), std::string::npos);
}

TEST(Migrator, LeavesADatabaseAsANewerCompatibleProgramMadeIt) {
  TestDatabase database;
  database.sql(kOthers + "values (900, '0900_later', '0.1.0', 'x')");
  database.sql("update rolecall.schema_objects set digest = 'of the newer program'");
  const auto report = migrate(database.url(), false, {});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->nothing_to_do);
  EXPECT_EQ(report->version, 900);
  EXPECT_EQ(database.value("select count(*) from rolecall.schema_objects where digest <> "
                           "'of the newer program'"),
            "0");
  EXPECT_TRUE(check_schema(database.url()));
}

TEST(SchemaCheck, SaysMigrateWhenThereIsNoSchema) {
  TestDatabase database(TestDatabase::Schema::empty);
  const auto check = check_schema(database.url());
  ASSERT_TRUE(check.has_error());
  EXPECT_EQ(check.error().code, "no_schema");
  EXPECT_NE(check.error().detail.find("rolecall migrate"), std::string::npos);
}

TEST(SchemaCheck, NeedsNoMoreThanTheWorkersDatabaseRole) {
  TestDatabase database;
  const auto check = check_schema(database.url_as("rolecall_worker"));
  EXPECT_TRUE(check) << check.error().detail;
}

TEST(SchemaCheck, SaysMigrateWhenAMigrationIsMissing) {
  TestDatabase database;
  database.sql("delete from rolecall.schema_migrations where version = 2");
  const auto check = check_schema(database.url());
  ASSERT_TRUE(check.has_error());
  EXPECT_EQ(check.error().code, "schema_too_old");
  EXPECT_NE(check.error().detail.find("0002_outbox"), std::string::npos);
}

TEST(ProgramVersions, CompareByNumberAndNotByText) {
  EXPECT_GT(compare_versions("0.10.0", "0.9.9"), 0);
  EXPECT_LT(compare_versions("0.1", "0.1.1"), 0);
  EXPECT_EQ(compare_versions("1.0", "1.0.0"), 0);
}

}  // namespace
}  // namespace rolecall
