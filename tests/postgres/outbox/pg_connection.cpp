// One connection: what its errors become, and what a URL may say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "outbox/pg/connection.hpp"
#include "outbox_statements.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestDatabase;

Connection open(const std::string& url, ConnectionSettings settings = {}) {
  return Connection::open(ConnectionString::parse(url, settings).value()).value();
}

Failure refusal_of(const std::string& url) {
  auto string = ConnectionString::parse(url, {});
  if (string.has_error()) return string.error();
  auto connection = Connection::open(*string);
  return connection.has_error() ? connection.error() : Failure{};
}

bool says(const Failure& failure, const std::string& text) {
  return failure.detail.find(text) != std::string::npos ||
         failure.code.find(text) != std::string::npos;
}

// Lets `connection` wait inside a statement for a lock, and ends its backend there.
Failure failure_of_a_killed(TestDatabase& database, Connection& connection, Effect effect) {
  const auto pid = *connection.query("select pg_backend_pid()", Effect::reads);
  const std::string backend = *pid.rows[0][0];
  database.sql("select pg_advisory_lock(42)");
  auto failing = std::async(std::launch::async, [&] {
    return connection.query("select pg_advisory_lock(42)", effect).error();
  });
  while (database.value("select count(*) from pg_locks where not granted and pid = " + backend) ==
         "0") {
  }
  database.sql("select pg_terminate_backend(" + backend + ")");
  Failure failure = failing.get();
  database.sql("select pg_advisory_unlock(42)");
  return failure;
}

TEST(DatabaseUrl, ThatIsNoConnectionStringIsRefusedWithoutRepeatingIt) {
  const Failure failure =
      refusal_of("postgresql://me:hunter2secret@host:notaport:/x?bad=hunter2secret");
  EXPECT_EQ(failure.kind, FailureClass::bad_input);
  EXPECT_TRUE(says(failure, "DATABASE_URL"));
  EXPECT_FALSE(says(failure, "hunter2secret"));
}

TEST(DatabaseUrl, WithNobodyListeningIsUnavailableAndKeepsThePasswordToItself) {
  const Failure failure = refusal_of("postgresql://me:hunter2secret@127.0.0.1:1/x");
  EXPECT_EQ(failure.kind, FailureClass::unavailable);
  EXPECT_TRUE(says(failure, "127.0.0.1"));
  EXPECT_FALSE(says(failure, "hunter2secret"));
}

TEST(DatabaseUrl, WithAWrongPasswordIsBadInput) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto address = database.tcp();
  address.password = "hunter2secret";
  const Failure failure = refusal_of(address.url());
  EXPECT_EQ(failure.kind, FailureClass::bad_input);
  EXPECT_TRUE(says(failure, "password authentication failed"));
  EXPECT_FALSE(says(failure, "hunter2secret"));
}

TEST(DatabaseUrl, OfADatabaseThatDoesNotExistIsBadInput) {
  const Failure failure =
      refusal_of(testing::with_database(testing::shared_cluster_url(), "no_such_database"));
  EXPECT_EQ(failure.kind, FailureClass::bad_input);
  EXPECT_TRUE(says(failure, "no_such_database"));
}

TEST(DatabaseUrl, KeepsItsOwnOptionsBesideOurTimeout) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url() + " options='-c search_path=somewhere'",
                         {.statement_timeout = Millis(4321)});
  const auto rows = *connection.query(
      "select current_setting('statement_timeout') t, current_setting('search_path') s, "
      "current_setting('application_name') a",
      Effect::reads);
  EXPECT_EQ(rows.text(0, "t"), "4321ms");
  EXPECT_EQ(rows.text(0, "s"), "somewhere");
  EXPECT_EQ(rows.text(0, "a"), "rolecall");
}

TEST(DatabaseUrl, MaySetTheTimeoutItself) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url() + " options='-c statement_timeout=77'",
                         {.statement_timeout = Millis(4321)});
  EXPECT_EQ((*connection.query("show statement_timeout", Effect::reads)).rows[0][0], "77ms");
}

TEST(DatabaseUrl, SendsNoOptionsThroughAPooler) {
  const auto string = *ConnectionString::parse(
      "postgresql://h/x", {.statement_timeout = Millis(4321), .through_pooler = true});
  EXPECT_EQ(string.text().find("statement_timeout"), std::string::npos);
}

TEST(DatabaseUrl, OfSeveralServersMeansTheOneThatTakesWrites) {
  const auto completed = [](const std::string& url) {
    return (*ConnectionString::parse(url, {})).text();
  };
  const std::string asked = "target_session_attrs='read-write'";
  EXPECT_THAT(completed("postgresql://a,b/x"), HasSubstr(asked));
  EXPECT_THAT(completed("hostaddr=127.0.0.1,127.0.0.2 dbname=x"), HasSubstr(asked));
  EXPECT_THAT(completed("postgresql://a/x"), Not(HasSubstr("target_session_attrs")));
  EXPECT_THAT(completed("postgresql://a,b/x?target_session_attrs=any"),
              HasSubstr("target_session_attrs='any'"));
}

TEST(ConnectionErrors, AStatementThatTakesTooLongIsTransient) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url(), {.statement_timeout = Millis(20)});
  database.sql("select pg_advisory_lock(43)");
  const auto result = connection.query("select pg_advisory_lock(43)", Effect::changes);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, FailureClass::transient);
  EXPECT_EQ(result.error().code, "statement_timeout");
  EXPECT_TRUE(connection.is_open());
}

TEST(ConnectionErrors, ALostChangeIsInDoubt) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  EXPECT_EQ(failure_of_a_killed(database, connection, Effect::changes).kind,
            FailureClass::in_doubt);
  EXPECT_FALSE(connection.is_open());
}

TEST(ConnectionErrors, ALostReadIsUnavailable) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  EXPECT_EQ(failure_of_a_killed(database, connection, Effect::reads).kind,
            FailureClass::unavailable);
}

// A new one would be without the transaction that the caller believes to be in.
TEST(ConnectionErrors, ALostConnectionDoesNotComeBackUnderneathItsCaller) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  failure_of_a_killed(database, connection, Effect::changes);
  for (int statement = 0; statement < 4; ++statement) {
    const auto result = connection.script("create table autocommitted()");
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().code, "connection_lost");
    EXPECT_FALSE(connection.is_open());
  }
  EXPECT_EQ(database.value("select to_regclass('autocommitted') is null"), "t");
}

TEST(ConnectionErrors, TheEndOfAnIdleConnectionIsSeenBeforeTheNextStatement) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  EXPECT_TRUE(connection.look());
  const auto pid = *connection.query("select pg_backend_pid()", Effect::reads);
  database.sql("select pg_terminate_backend($1::int)", {pid.rows[0][0]});
  while (connection.look()) {
  }
  EXPECT_FALSE(connection.is_open());
}

TEST(ConnectionErrors, ASerializationFailureIsTransient) {
  TestDatabase database(TestDatabase::Schema::empty);
  database.sql("create table counter (n int)");
  database.sql("insert into counter values (1)");
  auto first = open(database.url());
  ASSERT_TRUE(first.script("begin isolation level repeatable read"));
  ASSERT_TRUE(first.query("select n from counter", Effect::reads));
  database.sql("update counter set n = 2");
  const auto result = first.query("update counter set n = 3", Effect::changes);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, FailureClass::transient);
  EXPECT_EQ(result.error().code, "40001");
}

TEST(ConnectionErrors, AStatementThatIsWrongIsABugWithItsSqlstateAndABoundedMessage) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  const auto result = connection.query("select 1 from " + std::string(5000, 'x'), Effect::reads);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, FailureClass::bug);
  EXPECT_EQ(result.error().code, "42P01");
  EXPECT_LE(result.error().detail.size(), 400U);
  EXPECT_EQ(result.error().detail.find('\n'), std::string::npos);
}

TEST(ConnectionErrors, WhatTheDatabaseRoleMayNotDoIsBadInput) {
  const Failure failure = failure_of_sqlstate("42501", "permission denied", Effect::changes);
  EXPECT_EQ(failure.kind, FailureClass::bad_input);
}

// libpqxx tells some SQLSTATEs only by the type of its exception.
TEST(ConnectionErrors, EachSqlstateThatTheFunctionsRaiseArrivesAsItIs) {
  TestDatabase database(TestDatabase::Schema::empty);
  auto connection = open(database.url());
  for (const std::string state : {"22023", "42501", "P0001", "P0002", "55000", "23505", "0A000",
                                  "42601", "42703", "42883", "42P01", "40001", "40P01", "53100"}) {
    const auto result = connection.query(
        "do $$ begin raise exception 'no' using errcode = '" + state + "'; end $$", Effect::reads);
    ASSERT_TRUE(result.has_error()) << state;
    EXPECT_EQ(result.error().code, state);
  }
}

TEST(Connection, PassesNullsAndArraysAsTheyAre) {
  TestDatabase database(TestDatabase::Schema::empty);
  const std::vector<std::string> odd{"plain", R"(qu"ote)", R"(back\slash)", "a,b", "{c}", ""};
  const auto rows = database.sql(
      "select u.e, u.i, $2::text is null as n from unnest($1::text[]) "
      "with ordinality u(e, i) order by i",
      {array_literal(odd), std::nullopt});
  ASSERT_EQ(rows.size(), odd.size());
  for (std::size_t i = 0; i < odd.size(); ++i) EXPECT_EQ(rows.text(i, "e"), odd[i]);
  EXPECT_TRUE(rows.flag(0, "n"));
}

TEST(Statements, EachCanBePrepared) {
  TestDatabase database;
  auto connection = database.connect();
  for (const auto& file : outbox_statements::files()) {
    const auto prepared =
        connection.run("prepare \"" + std::string(file.name) + "\" as " + std::string(file.text));
    EXPECT_TRUE(prepared) << file.name << ": " << (prepared ? "" : prepared.error().detail);
  }
}

TEST(Statements, EachBeginsWithItsNameAndSaysWhatItHolds) {
  for (const auto& file : outbox_statements::files()) {
    EXPECT_EQ(file.text.substr(0, 4 + file.name.size()), "-- " + std::string(file.name) + ":");
    for (const auto* word : {"-- Called by:", "-- Relies on:", "-- Holds:"})
      EXPECT_NE(file.text.find(word), std::string_view::npos) << file.name << " lacks " << word;
  }
}

TEST(Connection, UnpreparedStatementsLeaveNothingBehindOnTheServer) {
  TestDatabase database;
  auto connection = open(database.url());
  connection.unprepared();
  ASSERT_TRUE(connection.run("session_settings", Effect::reads, {}));
  const auto rows = *connection.query("select count(*) from pg_prepared_statements", Effect::reads);
  EXPECT_EQ(rows.rows[0][0], "0");
}

}  // namespace
}  // namespace rolecall
