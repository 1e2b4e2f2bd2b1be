#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

// Twelve members with one role each; what is said of them is delivered.
class AskedGuard : public AppWorld {
 protected:
  AskedGuard() {
    for (int i = 1; i <= 12; ++i) {
      const auto n = std::to_string(i);
      app.must("select rolecall.upsert_user('u" + n + "', 'u@x', 'user_" + n + "')");
      add_member("u" + n, {editors});
    }
    take_in();
    database.sql(
        "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
        "wanted_version, waits_on = null, waits_version = null");
  }
  void take_in() { database.sql("select rolecall.take_in_v1(1000)"); }
  // All of them leave, in one transaction.
  void all_leave(Client& client, const std::string& settings) {
    client.must("begin");
    client.must(settings);
    for (int i = 1; i <= 12; ++i)
      client.must("select rolecall.remove_member('acme', 'u" + std::to_string(i) + "')");
    client.must("commit");
  }
  std::string lanes(const std::string& state) {
    return value("select count(*) from rolecall.lanes where state = " + quoted(state));
  }
  std::string assignments() {
    return value(
        "select count(*) from rolecall.organization_role_assignments where deleted_at is null");
  }
  const std::string on = "set local rolecall.guard = 'on'";
  const std::string editors = new_role("Editors");
  const std::string member = environment_role("member");
};

TEST_F(AskedGuard, AnApplicationThatDoesNotAskIsNeverHeld) {
  all_leave(app, "select 1");
  take_in();
  EXPECT_EQ(lanes("held"), "0");
  EXPECT_EQ(lanes("due"), "12");
  EXPECT_EQ(value("select count(*) from rolecall.guard_windows"), "0");
}

TEST_F(AskedGuard, HoldsAllOfATransactionThatAskedAndRevokesTooMuch) {
  all_leave(app, on);
  EXPECT_EQ(assignments(), "0") << "here it is the application's own decision";
  take_in();
  EXPECT_EQ(lanes("held"), "12") << "also the nine that came before the tenth";
  EXPECT_EQ(value("select string_agg(distinct reason || ' ' || detail, ';') from "
                  "rolecall.attention"),
            "mass_revoke 12 of 12 assignments of the organization would be revoked, 1 of them by "
            "this: a transaction with rolecall.guard = on changed so much here, and WorkOS was not "
            "told");
}

TEST_F(AskedGuard, LetsFewPassAndCountsThemOverTransactions) {
  for (int i = 1; i <= 9; ++i) {
    app.must("begin");
    app.must(on);
    app.must("select rolecall.remove_member('acme', 'u" + std::to_string(i) + "')");
    app.must("commit");
  }
  take_in();
  EXPECT_EQ(lanes("held"), "0");
  EXPECT_EQ(value("select count(*) from rolecall.guard_holds"), "0");
  app.must("begin");
  app.must(on);
  app.must("select rolecall.remove_member('acme', 'u10')");
  app.must("select rolecall.set_member_roles('acme', 'u11', " + array_of({editors, member}) + ")");
  app.must("commit");
  take_in();
  EXPECT_EQ(lanes("held"), "1") << "what takes nothing away is not held";
}

TEST_F(AskedGuard, HoldsTheEndOfARoleWithItsHolders) {
  app.must("begin");
  app.must(on);
  app.must("select rolecall.delete_role(" + quoted(editors) + ")");
  app.must("commit");
  take_in();
  EXPECT_EQ(lanes("held"), "13");
}

TEST_F(AskedGuard, ApprovalSaysAllOfIt) {
  all_leave(app, on);
  take_in();
  Client person(database, "rolecall_operator");
  const auto id = value("select min(wanted_id) from rolecall.lanes where state = 'held'");
  EXPECT_EQ(person.run("select rolecall.release(" + id + "::bigint)").sqlstate, "55000");
  EXPECT_EQ(person.must("select rolecall.approve_hold(" + id + "::bigint, 'yes')").value(),
            "approved 12 lanes of organization acme");
  EXPECT_EQ(lanes("due"), "12");
  EXPECT_EQ(value("select count(*) from rolecall.guard_holds"), "0");
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'approve_hold'"), "12");
  database.sql("select rolecall.open_session_v1(false, '0.1.0', 'here', 1)");
  EXPECT_EQ(value("select jsonb_array_length(rolecall.lease_due_v1((select max(id) from "
                  "rolecall.worker_sessions), 100, 30000, array['member.remove']) -> 'leases')"),
            "12");
}

TEST_F(AskedGuard, ACancelledVersionIsOver) {
  all_leave(app, on);
  take_in();
  const auto id = value("select min(wanted_id) from rolecall.lanes where state = 'held'");
  EXPECT_EQ(value("select rolecall.cancel(" + id + "::bigint, 'no')"), "cancelled");
  EXPECT_EQ(value("select string_agg(reason || n, ' ' order by reason) from (select reason, "
                  "count(*) n from rolecall.attention group by 1) x"),
            "cancelled1 mass_revoke11");
}

TEST_F(AskedGuard, IsNotGoneAroundByCancelAndRetry) {
  all_leave(app, on);
  take_in();
  const auto id = value("select min(wanted_id) from rolecall.lanes where state = 'held'");
  const auto why = [&] {
    return value("select state || failure_detail from rolecall.lanes where wanted_id = " + id);
  };
  const std::string held = why();
  EXPECT_EQ(value("select rolecall.cancel(" + id + "::bigint, 'no')"), "cancelled");
  EXPECT_EQ(value("select rolecall.retry(" + id + "::bigint)"), "held");
  EXPECT_EQ(why(), held);
  EXPECT_EQ(value("select rolecall.approve_hold(" + id + "::bigint, 'meant so')"),
            "approved 12 lanes of organization acme");
}

TEST_F(AskedGuard, HoldsWhatWasTakenInWhileAnOlderVersionIsSaid) {
  app.must("select rolecall.add_member_role('acme', 'u1', " + quoted(member) + ")");
  take_in();
  const auto worker = value("select rolecall.open_session_v1(false, '0.1.0', 'here', 1)");
  const auto token = value("select rolecall.lease_due_v1(" + worker +
                           ", 1, 30000, array['member.push']) #>> '{leases,0,token}'");
  all_leave(app, on);
  take_in();
  EXPECT_EQ(lanes("held"), "11");
  database.sql(
      "select rolecall.settle_v1($1::bigint, jsonb_build_array(jsonb_build_object("
      "'subject', 'member:acme:user_1', 'token', $2::bigint, 'outcome', 'delivered', "
      "'fate', 'answered', 'delay_ms', 0, 'counts', false, 'answer', '{}'::jsonb, "
      "'look_at', '[]'::jsonb, 'request_id', 'r', 'call_ms', 1)))",
      {worker, token});
  EXPECT_EQ(value("select state || failure_code from rolecall.lanes where subject = "
                  "'member:acme:user_1'"),
            "heldmass_revoke");
}

TEST_F(AskedGuard, ANewerChangeThatDoesNotAskGoesOut) {
  all_leave(app, on);
  take_in();
  add_member("u1", {member});
  take_in();
  EXPECT_EQ(value("select state || coalesce(failure_code, '') from rolecall.lanes where subject = "
                  "'member:acme:user_1'"),
            "due");
  EXPECT_EQ(value("select count(*) from rolecall.guard_holds"), "11");
}

TEST_F(AskedGuard, TwoTransactionsThatAskCountOneAfterTheOther) {
  const auto leave = [&](Client& client, int i) {
    client.must("select rolecall.remove_member('acme', 'u" + std::to_string(i) + "')");
  };
  Client other(database, "rolecall_app");
  for (auto* client : {&app, &other}) {
    client->must("begin");
    client->must(on);
  }
  for (int i = 1; i <= 6; ++i) leave(app, i);
  other.begin("select rolecall.remove_member('acme', 'u7')");
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(other.finish().ok());
  for (int i = 8; i <= 12; ++i) leave(other, i);
  other.must("commit");
  take_in();
  EXPECT_EQ(lanes("held"), "6") << "the second one's, which made it too many";
}

TEST_F(AskedGuard, ASettingThatIsNoSettingIsRefused) {
  app.must("begin");
  app.must("set local rolecall.guard = 'perhaps'");
  EXPECT_EQ(app.run("select rolecall.remove_member('acme', 'u1')").sqlstate, "22P02");
  app.must("rollback");
}

TEST_F(AskedGuard, OnlyAnOperatorApprovesAndSetsItsLimits) {
  EXPECT_EQ(app.run("select rolecall.approve_hold(1, 'why')").sqlstate, "42501");
  EXPECT_EQ(
      Client(database, "rolecall_worker").run("select rolecall.approve_hold(1, 'w')").sqlstate,
      "42501");
  Client person(database, "rolecall_operator");
  EXPECT_EQ(person.run("select rolecall.approve_hold(1000000, 'why')").sqlstate, "P0002");
  EXPECT_TRUE(person
                  .run("update rolecall.provider_control set guard_share = 0.5, guard_minimum = "
                       "50, guard_window_ms = 600000")
                  .ok());
  EXPECT_EQ(person.run("update rolecall.provider_control set guard_minimum = 1").sqlstate, "23514")
      << "a single revocation is never held";
  EXPECT_EQ(person.run("update rolecall.provider_control set history_days = 1").sqlstate, "42501");
  all_leave(app, on);
  take_in();
  EXPECT_EQ(lanes("held"), "0");
}

}  // namespace
}  // namespace rolecall::testing
