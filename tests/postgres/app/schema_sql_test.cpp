#include <gtest/gtest.h>

#include "tests/support/postgres.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

// As schema/dump prints it.
std::string dump_of(TestDatabase& database) {
  const auto rows = database.sql(source_text("schema/dump.sql"));
  std::string out;
  for (const auto& row : rows.rows) out += row.at(0).value_or("") + "\n";
  return out;
}

// Comments are not run, so a database made from the text has none.
std::string without_comments(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(' ') != line.find("--")) out += line + "\n";
  return out;
}

// The first line that differs, so that a failure can be read.
::testing::AssertionResult same(const std::string& left, const std::string& right) {
  std::istringstream a(left), b(right);
  for (int n = 1; a || b; ++n) {
    std::string from_a, from_b;
    std::getline(a, from_a);
    std::getline(b, from_b);
    if (from_a != from_b)
      return ::testing::AssertionFailure() << "line " << n << ":\n" << from_a << "\n" << from_b;
  }
  return ::testing::AssertionSuccess();
}

TEST(SchemaSql, IsWhatTheMigrationsMake) {
  TestDatabase database;
  EXPECT_TRUE(same(dump_of(database), source_text("schema/schema.sql")))
      << "the schema changed: schema/dump \"$DATABASE_URL\" > schema/schema.sql";
}

TEST(SchemaSql, MakesTheSameTablesWhenItIsRun) {
  TestDatabase migrated;
  TestDatabase made(TestDatabase::Schema::empty);
  auto connection = made.connect();
  ASSERT_TRUE(connection.script("create schema rolecall"));
  for (const auto* function : {"uuid_v7", "key_part", "refuse_audit_change"}) {
    const auto text =
        migrated.value("select pg_get_functiondef(('rolecall.' || $1)::regproc)", {function});
    ASSERT_TRUE(connection.script(text)) << function;
  }
  const auto run = connection.script(source_text("schema/schema.sql"));
  ASSERT_TRUE(run) << run.error().detail;
  EXPECT_TRUE(same(without_comments(dump_of(made)), without_comments(dump_of(migrated))))
      << "schema.sql leaves something out";
}

TEST(SchemaSql, ChangesWithAColumnAnIndexAConstraintOrAComment) {
  TestDatabase database;
  for (const auto* change :
       {"alter table rolecall.users add column nickname text",
        "create index on rolecall.users (email)",
        "alter table rolecall.users add check (email <> '')",
        "alter table rolecall.users add foreign key (id) references rolecall.organizations",
        "comment on column rolecall.users.email is 'another'",
        "alter table rolecall.users alter column email drop not null",
        "alter table rolecall.users set (fillfactor = 50)"}) {
    const auto before = dump_of(database);
    database.sql(change);
    EXPECT_FALSE(same(dump_of(database), before)) << change;
  }
}

}  // namespace
}  // namespace rolecall::testing
