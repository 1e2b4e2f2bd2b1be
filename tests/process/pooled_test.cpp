// Workers that use no session state, through a pooler in transaction mode; and one that does,
// through a pooler in session mode.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/http.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

class Pooled : public ::testing::Test {
 protected:
  Process& start_worker(const std::string& url) {
    return stand_.start_worker({{"DATABASE_URL", url},
                                {"ROLECALL_POLL_ONLY", "true"},
                                {"ROLECALL_CALL_DEADLINE_MS", "3000"},
                                {"ROLECALL_LEASE_MS", "8000"}});
  }
  Process& start_worker() { return start_worker(pooler_.url()); }
  std::string create_role(const std::string& name) {
    return stand_.db().value("select subject from rolecall.create_role('acme', $1)", {name});
  }
  std::string count(const std::string& what) {
    return stand_.db().value("select count(*)::text from " + what);
  }

  Stand stand_;
  TestDatabase::TcpAddress pooler_ = stand_.db().pooled();
};

TEST_F(Pooled, WorkersDeliverAndLeaveNoSessionStateBehind) {
  auto& first = start_worker();
  auto& second = start_worker();
  for (int i = 0; i < 20; ++i) {
    const auto urn = create_role("R" + std::to_string(i));
    stand_.db().sql("select rolecall.update_role($1, description => 'later')", {urn});
  }
  stand_.db().sql(
      "select rolecall.add_member('acme', 'ann', array[(select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'admin')])");
  stand_.settle();
  EXPECT_EQ(count("rolecall.worker_sessions where locks"), "0");
  EXPECT_EQ(count("pg_locks where locktype = 'advisory' and database = (select oid from "
                  "pg_database where datname = current_database()) and classid in (7071, 7072)"),
            "0");
  for (auto* worker : {&first, &second}) {
    worker->signal(SIGTERM);
    EXPECT_EQ(worker->wait(std::chrono::seconds(30)), 0) << worker->output();
  }
  EXPECT_EQ(count("rolecall.worker_sessions where retired_because = 'closed'"), "2");
}

TEST_F(Pooled, AKilledWorkersLanesAreTakenOverWhenTheirLeaseTimeIsOver) {
  stand_.fault("POST", ".*", "stall");
  for (int i = 0; i < 5; ++i) create_role("R" + std::to_string(i));
  auto& doomed = start_worker();
  stand_.until("select count(*)::text from rolecall.lanes where state = 'leased'", "5");
  auto& other = start_worker();
  doomed.kill();
  const auto ends = stand_.db().value("select max(lease_expires_at)::text from rolecall.lanes");
  stand_.control("DELETE", "/_emulator/faults");
  for (int i = 5; i < 8; ++i) create_role("R" + std::to_string(i));
  stand_.settle();
  EXPECT_EQ(stand_.db().value(
                "select bool_and(c.confirmed_at >= $1::timestamptz) from rolecall.confirmations "
                "c join rolecall.lanes l on l.subject = c.subject "
                "where l.desired ->> 'name' < 'R5'",
                {ends}),
            "t")
      << "a lane was taken before its lease time was over";
  const auto roles = stand_.api("/authorization/organizations/org_1/roles");
  for (int i = 0; i < 8; ++i)
    EXPECT_NE(roles.find("\"R" + std::to_string(i) + "\""), std::string::npos) << i;
  EXPECT_EQ(other.wait(std::chrono::milliseconds(0)), std::nullopt);
}

TEST_F(Pooled, ADatabaseRoleWithoutAStatementTimeoutIsRefusedWithTheCommandThatSetsIt) {
  auto& worker = start_worker(stand_.db().pooled(Millis{0}).url());
  EXPECT_EQ(worker.wait(std::chrono::seconds(30)), 2);
  EXPECT_NE(worker.output().find("ALTER ROLE"), std::string::npos) << worker.output();
}

TEST_F(Pooled, AWorkerThatUsesSessionStateIsRefusedByThePooler) {
  auto& worker = stand_.start_worker({{"DATABASE_URL", pooler_.url()}});
  EXPECT_EQ(worker.wait(std::chrono::seconds(30)), 3);
  EXPECT_NE(worker.output().find("startup parameter"), std::string::npos) << worker.output();
}

TEST_F(Pooled, InSessionModeAWorkerHasItsLockAndIsNotified) {
  const auto directory = std::filesystem::temp_directory_path() /
                         ("rolecall-test-session-pooler-" + std::to_string(::getpid()));
  const auto started =
      run({{(source_dir() / "tests/support/pooler").string(), "start", directory.string(),
            "--cluster", stand_.db().value("select current_setting('unix_socket_directories')"),
            "--mode", "session", "--while-alive", std::to_string(::getpid())},
           {},
           ""});
  ASSERT_EQ(started.exit_code, 0) << started.output;
  auto address = pooler_;
  address.port = std::stoi(started.output.substr(started.output.rfind(':') + 1));
  stand_.start_worker({{"DATABASE_URL", address.url()},
                       {"ROLECALL_POLL_MS", "600000"},
                       {"ROLECALL_LEASE_MS", "700000"}});
  stand_.until(
      "select count(*)::text from pg_stat_activity where wait_event = 'ClientRead' and "
      "query like '%pg_try_advisory_lock(7072, 0)%' and datname = current_database()",
      "1");
  create_role("Billing");
  stand_.settle();
  EXPECT_EQ(count("rolecall.worker_sessions where locks and retired_at is null"), "1");
}

}  // namespace
}  // namespace rolecall::testing
