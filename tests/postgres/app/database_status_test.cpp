// The views tables_status and snapshots: what the tables take, and what keeps dead rows from going.
#include "tests/postgres/app/app_world.hpp"
#include "tests/support/session_state.hpp"

namespace rolecall::testing {
namespace {

class DatabaseStatus : public AppWorld {
 protected:
  std::string of(const std::string& table, const std::string& column) {
    return value("select " + column + " from rolecall.tables_status where name = " + quoted(table));
  }
  // As a worker reads it.
  Client worker{database, "rolecall_worker"};
};

TEST_F(DatabaseStatus, CountsRowsDeadRowsAndBytesOfEachTable) {
  for (int i = 0; i < 3; ++i)
    database.sql("update rolecall.provider_state set failures = failures + 1");
  database.sql("select pg_stat_force_next_flush()");
  database.sql("select 1");
  EXPECT_GE(std::stoi(of("provider_state", "dead_rows")), 1);
  EXPECT_EQ(of("provider_state", "table_bytes > 0 and index_bytes > 0"), "t");
  EXPECT_EQ(of("provider_state", "partitions"), "0");
}

TEST_F(DatabaseStatus, CountsPartitionsTogetherUnderTheNameOfTheirTable) {
  database.sql("select rolecall.keep_partitions_v1()");
  EXPECT_GT(std::stoi(of("outbox_history", "partitions")), 30);
  EXPECT_EQ(of("outbox_history", "index_bytes > 0"), "t");
  EXPECT_EQ(value("select count(*) from rolecall.tables_status where name ~ '[0-9]'"), "0");
}

TEST_F(DatabaseStatus, GivesUpAtOnceOnATableThatIsLocked) {
  auto other = database.connect();
  ASSERT_TRUE(other.script("begin; lock table rolecall.lanes in access exclusive mode"));
  EXPECT_EQ(worker.run("select * from rolecall.tables_status").sqlstate, "55P03");
  ASSERT_TRUE(other.script("rollback"));
  EXPECT_TRUE(worker.run("select * from rolecall.tables_status").ok());
}

TEST_F(DatabaseStatus, ShowsAWorkerHowOldAnothersOpenTransactionIs) {
  auto other = database.connect();
  ASSERT_TRUE(other.script("begin isolation level repeatable read; select 1"));
  const auto pid = other.run("select pg_backend_pid() as pid")->text(0, "pid");
  database.sql("select txid_current()");
  database.sql("select txid_current()");
  const auto what = [&](const std::string& column) {
    return worker.must("select " + column + " from rolecall.snapshots where name = '" + pid + "'")
        .value();
  };
  EXPECT_EQ(what("kind"), "session");
  EXPECT_EQ(what("age_s >= 0 and age_s < 600"), "t");
  EXPECT_EQ(what("transactions >= 2"), "t");
  EXPECT_EQ(what("command"), "select pg_terminate_backend(" + pid + ");");
  ASSERT_TRUE(other.script("rollback"));
  EXPECT_EQ(what("count(*)"), "0");
}

TEST_F(DatabaseStatus, ShowsATransactionThatWasPreparedAndForgotten) {
  auto other = database.connect();
  const auto name = "left_" + database.name();
  ASSERT_TRUE(
      other.script("begin; update rolecall.provider_state set failures = 0; "
                   "prepare transaction '" +
                   name + "'"));
  const auto command =
      worker.must("select command from rolecall.snapshots where kind = 'prepared'");
  EXPECT_EQ(command.value(), "rollback prepared '" + name + "';");
  ASSERT_TRUE(other.script(command.value()));
  EXPECT_EQ(worker.must("select count(*) from rolecall.snapshots where kind = 'prepared'").value(),
            "0");
}

}  // namespace
}  // namespace rolecall::testing
