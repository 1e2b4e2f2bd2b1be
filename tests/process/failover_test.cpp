// A Postgres that fails over to a standby, and one that is restored to an earlier moment: what a
// worker does, and what a reconciliation takes over from WorkOS.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/support/http.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

constexpr const char* kConfirmed =
    "select count(*) > 0 and bool_and(state = 'confirmed') from rolecall.convergence";

std::string cell(Database& database, const std::string& sql) {
  const auto rows = database.run(sql);
  return rows && !rows->empty() ? rows->rows[0].at(0).value_or("") : "";
}

std::string role_named(const std::string& name) {
  return "select subject from rolecall.create_role('acme', '" + name + "')";
}

std::string count_named(const std::string& name) {
  return "select count(*)::text from rolecall.organization_roles where name = '" + name +
         "' and deleted_at is null";
}

class Failover : public ::testing::Test {
 protected:
  Database at_standby() {
    auto opened = Database::connect(with_database(standby_.url(), stand_.db().name()));
    if (!opened) throw std::runtime_error(opened.error().detail);
    return std::move(*opened);
  }
  void until_at_standby(const std::string& sql, const std::string& value) {
    auto database = at_standby();
    stand_.until([&] { return cell(database, sql) == value; }, sql + " = " + value);
  }
  // All servers: the one that takes writes is looked for.
  std::string both() {
    auto standby = at_standby();
    const auto address = "select current_setting('unix_socket_directories')";
    return "host=" + stand_.db().value(address) + "," + cell(standby, address) +
           " port=" + stand_.db().value("show port") + "," + cell(standby, "show port") +
           " user=postgres dbname=" + stand_.db().name();
  }
  void catch_up() {
    until_at_standby("select pg_last_wal_replay_lsn() >= '" +
                         stand_.db().value("select pg_current_wal_lsn()") + "'::pg_lsn",
                     "t");
  }
  // What commits from now on is at the primary alone.
  void cut_replication() {
    catch_up();
    auto standby = at_standby();
    cell(standby, "alter system set primary_conninfo = ''");
    cell(standby, "select pg_reload_conf()");
    until_at_standby("select count(*)::text from pg_stat_wal_receiver", "0");
  }

  TestCluster primary_{};
  Stand stand_{{}, std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, primary_.url())};
  TestCluster standby_{TestCluster::StandbyOf{primary_}};
};

TEST_F(Failover, AWorkerGoesOnAtTheNewPrimaryAndWhatWasLostIsTakenOverFromWorkos) {
  const std::map<std::string, std::string> database{{"DATABASE_URL", both()}};
  auto& worker = stand_.start_worker(database);
  stand_.db().sql(role_named("Kept"));
  stand_.settle();
  cut_replication();
  stand_.db().sql(role_named("Lost"));
  stand_.settle();
  primary_.stop("immediate");
  standby_.promote();

  auto now = at_standby();
  ASSERT_NE(cell(now, role_named("After")), "");
  until_at_standby(kConfirmed, "t");
  EXPECT_EQ(worker.wait(std::chrono::milliseconds(0)), std::nullopt) << worker.output();
  EXPECT_EQ(cell(now, count_named("Lost")), "0") << "the standby never had it";

  const auto found = stand_.rolecall({"reconcile"}, database);
  EXPECT_EQ(found.exit_code, 1) << found.output;
  EXPECT_NE(found.output.find("missing_here"), std::string::npos) << found.output;
  const auto applied = stand_.rolecall({"reconcile", "--apply"}, database);
  EXPECT_EQ(applied.exit_code, 0) << applied.output;
  until_at_standby(count_named("Lost"), "1");
  until_at_standby(kConfirmed, "t");
  EXPECT_EQ(stand_.rolecall({"reconcile"}, database).exit_code, 0);
}

TEST_F(Failover, AWorkerAtAStandbyWaitsUntilItTakesWrites) {
  auto& worker =
      stand_.start_worker({{"DATABASE_URL", with_database(standby_.url(), stand_.db().name())}});
  const HttpRequest readiness{.target = "/readyz"};
  stand_.until([&] { return http(worker.address(), readiness).status == 503; }, "not ready");
  stand_.db().sql(role_named("Billing"));
  catch_up();
  primary_.stop("immediate");
  standby_.promote();
  until_at_standby(kConfirmed, "t");
  stand_.until([&] { return http(worker.address(), readiness).status == 200; }, "ready");
}

TEST_F(Failover, NoConnectionStaysAtAStandbyWhileThePrimaryIsAway) {
  const std::string there =
      "select count(*)::text from pg_stat_activity where application_name = 'rolecall' and pid <> "
      "pg_backend_pid()";
  auto& worker = stand_.start_worker({{"DATABASE_URL", both()}});
  stand_.db().sql(role_named("Before"));
  stand_.settle();
  catch_up();
  primary_.stop("immediate");
  auto standby = at_standby();
  const auto tried_twice = [&] {
    const auto output = worker.output();
    return output.find("kind=open_session") != output.rfind("kind=open_session");
  };
  stand_.until(tried_twice, "two attempts to open a session");
  primary_.start();
  stand_.db().disconnect();
  stand_.db().sql(role_named("After"));
  stand_.settle();
  stand_.until([&] { return cell(standby, there) == "0"; }, "the worker has left the standby");
}

class Restore : public ::testing::Test {
 protected:
  void stop(Process& worker) {
    worker.signal(SIGTERM);
    ASSERT_EQ(worker.wait(std::chrono::seconds(30)), 0) << worker.output();
  }
  void run_a_worker() {
    auto& worker = stand_.start_worker();
    stand_.settle();
    stop(worker);
  }
  void keep_this_moment() { copy(stand_.db().name(), kept()); }
  void go_back() {
    stand_.db().disconnect();
    auto admin = as_admin();
    run(admin, "drop database " + stand_.db().name() + " with (force)");
    copy(kept(), stand_.db().name());
    run(admin, "drop database " + kept());
  }
  std::string roles_of_ann() {
    return stand_.db().value(
        "select string_agg(slug, ' ' order by slug) from rolecall.list_roles('acme') r where "
        "exists "
        "(select from rolecall.organization_role_assignments a where a.role_urn = r.role_urn and "
        "a.user_id = 'ann' and a.deleted_at is null)");
  }
  std::string slug(const std::string& one) {
    return "(select role_urn from rolecall.list_roles('acme') where slug = '" + one + "')";
  }

  Stand stand_{};

 private:
  std::string kept() { return stand_.db().name() + "_kept"; }
  static Database as_admin() {
    auto admin = Database::connect(shared_cluster_url());
    if (!admin) throw std::runtime_error(admin.error().detail);
    return std::move(*admin);
  }
  static void run(Database& admin, const std::string& sql) {
    if (const auto done = admin.run(sql); !done) throw std::runtime_error(done.error().detail);
  }
  void copy(const std::string& from, const std::string& to) {
    stand_.db().disconnect();
    auto admin = as_admin();
    run(admin, "create database " + to + " template " + from + " strategy file_copy");
  }
};

TEST_F(Restore, WhatWorkosWasToldSinceIsTakenOverAndNothingIsSaidThatWasHeld) {
  auto& db = stand_.db();
  db.sql("select rolecall.create_role('acme', 'Support')");
  db.sql("select rolecall.add_member('acme', 'ann', array[" + slug("member") + "])");
  db.sql("select rolecall.add_member('acme', 'bob', array[" + slug("member") + "])");
  run_a_worker();
  // Bob's new role was on its way at that moment; since then it was taken back again.
  db.sql("select rolecall.add_member_role('acme', 'bob', " + slug("org-support") + ")");
  keep_this_moment();
  db.sql("select rolecall.remove_member_role('acme', 'bob', " + slug("org-support") + ")");
  db.sql("select rolecall.create_role('acme', 'Billing')");
  db.sql("select rolecall.add_member_role('acme', 'ann', " + slug("org-billing") + ")");
  run_a_worker();
  go_back();
  EXPECT_EQ(roles_of_ann(), "member");

  db.sql("select rolecall.pause_provider('restored')");
  auto& worker = stand_.start_worker();
  stand_.until(
      "select count(*) from rolecall.lanes where subject = 'member:acme:user_bob' and "
      "state = 'due'",
      "1");
  db.sql("select rolecall.hold('member:acme:user_bob', 'was taken back since')");
  db.sql("select rolecall.resume_provider()");
  const auto applied = stand_.rolecall({"reconcile", "--apply"});
  EXPECT_EQ(applied.exit_code, 1) << "what is held is left: " << applied.output;
  stand_.until([&] { return roles_of_ann() == "member org-billing"; }, "ann holds both again");
  EXPECT_EQ(
      stand_.api("/user_management/organization_memberships?user_id=user_bob").find("org-support"),
      std::string::npos)
      << "the grant of before was said again";
  stop(worker);
}

TEST_F(Restore, WithTheEventStreamOnWhatWorkosWasToldSinceComesBackByItself) {
  auto& db = stand_.db();
  db.sql("update rolecall.schedules set every_ms = 100 where name = 'pull_events'");
  db.sql("select rolecall.start_events()");
  db.sql("select rolecall.add_member('acme', 'ann', array[" + slug("member") + "])");
  run_a_worker();
  keep_this_moment();
  db.sql("select rolecall.create_role('acme', 'Billing')");
  db.sql("select rolecall.add_member_role('acme', 'ann', " + slug("org-billing") + ")");
  run_a_worker();
  go_back();
  EXPECT_EQ(roles_of_ann(), "member");
  stand_.start_worker();
  stand_.until([&] { return roles_of_ann() == "member org-billing"; }, "ann holds both again");
  stand_.settle();
}

}  // namespace
}  // namespace rolecall::testing
