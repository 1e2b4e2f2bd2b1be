#include "tests/postgres/app/app_world.hpp"
#include "tests/support/session_state.hpp"

namespace rolecall::testing {
namespace {

class Privileges : public AppWorld {
 protected:
  Privileges() : editors(new_role("Editors")) {}

  // A lane for the role, dead, as after a delivery that WorkOS refused.
  void dead_lane() {
    database.sql("select rolecall.take_in_v1(100)");
    database.sql(
        "update rolecall.lanes set state = 'dead', failure_class = 'rejected' where subject = $1",
        {editors});
  }
  const std::string editors;
};

TEST_F(Privileges, AnApplicationTouchesTheOutboxThroughFunctionsOnly) {
  for (const auto* table :
       {"outbox", "outbox_history", "lanes", "subjects", "sends", "observed", "confirmations",
        "audit_log", "provider_control", "organization_roles"}) {
    EXPECT_EQ(app.run("select * from rolecall." + std::string(table)).sqlstate, "42501") << table;
    EXPECT_EQ(app.run("delete from rolecall." + std::string(table)).sqlstate, "42501") << table;
  }
  EXPECT_EQ(app.run("insert into rolecall.outbox (organization_id, subject, version, kind, "
                    "desired, enqueued_by) "
                    "values ('acme', 's', 1, 'role.push', '{}', 'me')")
                .sqlstate,
            "42501");
  EXPECT_TRUE(app.run("select rolecall.enqueue('acme', 's', 'future.kind', '{}')").ok());
}

TEST_F(Privileges, AnApplicationHasNoInternalsAndNoOperatorsFunctions) {
  for (const auto* call :
       {"rolecall.bump('s', 'acme', 'k', '{}')", "rolecall.audit('acme', 's', 1, 'a', null, '{}')",
        "rolecall.mirror_adopt('s', 'k', '{}', 'r')", "rolecall.retry(1)",
        "rolecall.pause_provider('no')", "rolecall.take_in_v1(1)"})
    EXPECT_EQ(app.run("select " + std::string(call)).sqlstate, "42501") << call;
}

TEST_F(Privileges, AnOperatorCanRetryAndCannotMutateRoles) {
  dead_lane();
  Client operator_client(database, "rolecall_operator");
  const auto id = value("select wanted_id from rolecall.lanes where subject = " + quoted(editors));
  EXPECT_EQ(operator_client.must("select rolecall.retry(" + id + "::bigint)").value(), "requeued");
  const std::vector<std::string> mutations{
      "create_role('acme', 'X')", "delete_role('" + editors + "')",
      "enqueue('acme', 's', 'future.kind', '{}')", "publish_many('{}', true)"};
  for (const auto& call : mutations)
    EXPECT_EQ(operator_client.run("select rolecall." + call).sqlstate, "42501") << call;
}

TEST_F(Privileges, AnOperatorSetsTwoColumnsOfALaneByHandAndNoOther) {
  dead_lane();
  Client operator_client(database, "rolecall_operator");
  const auto update = [&](const std::string& change) {
    return operator_client
        .run("update rolecall.lanes set " + change + " where subject = " + quoted(editors))
        .sqlstate;
  };
  EXPECT_EQ(update("next_attempt_at = clock_timestamp(), priority = 0"), "");
  for (const auto* change :
       {"state = 'due'", "lease_token = 1", "desired = '{}'", "delivered_version = 1"})
    EXPECT_EQ(update(change), "42501") << change;
}

TEST_F(Privileges, OperatorsAndWorkersReadEveryView) {
  add_member("ann", {editors});
  dead_lane();
  const auto views =
      database.sql("select viewname from pg_views where schemaname = 'rolecall' order by 1");
  ASSERT_GE(views.size(), 8u);
  for (const std::string role : {"rolecall_operator", "rolecall_worker"}) {
    Client client(database, role);
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto answer = client.run("select * from rolecall." + views.text(i, "viewname"));
      EXPECT_TRUE(answer.ok()) << role << " " << views.text(i, "viewname") << ": "
                               << answer.message;
    }
    EXPECT_TRUE(client.run("select max(version) from rolecall.schema_migrations").ok()) << role;
  }
}

TEST_F(Privileges, AWorkerCanDoItsWorkAndNothingElse) {
  Client worker(database, "rolecall_worker");
  const auto id = worker.must("select rolecall.open_session_v1(true, '0.1.0', 'here', 1)").value();
  EXPECT_EQ(worker.must("select rolecall.take_in_v1(10) ->> 'moved'").value(), "1");
  EXPECT_NE(worker.must("select rolecall.lease_due_v1(" + id + ", 10, 30000, array['role.push'])")
                .value()
                .find("org-editors"),
            std::string::npos);
  for (const auto* statement :
       {"select rolecall.create_role('acme', 'X')", "update rolecall.lanes set priority = 0",
        "delete from rolecall.sends", "select rolecall.retry(1)", "select * from rolecall.users"})
    EXPECT_EQ(worker.run(statement).sqlstate, "42501") << statement;
}

TEST_F(Privileges, ATemporaryTableDoesNotStandInForOurs) {
  NEEDS_SESSION_STATE("a temporary table");
  app.must("create temp table organizations (id text, workos_organization_id text)");
  app.must("insert into organizations values ('evil', 'org_evil')");
  EXPECT_TRUE(refused(app.run("select rolecall.create_role('evil', 'X')"), "P0002", "evil"));
}

TEST_F(Privileges, TheAuditLogIsAppendOnlyAlsoForItsOwner) {
  Client owner(database.url());
  for (const auto* statement : {"update rolecall.audit_log set actor = 'x'",
                                "delete from rolecall.audit_log", "truncate rolecall.audit_log"})
    EXPECT_TRUE(refused(owner.run(statement), "42501", "append-only")) << statement;
}

}  // namespace
}  // namespace rolecall::testing
