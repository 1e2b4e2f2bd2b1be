#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class Enqueue : public AppWorld {
 protected:
  Answer enqueue(const std::string& rest) {
    return app.run("select rolecall.enqueue(" + rest + ")");
  }
  static std::string member(const std::string& subject, const std::string& roles) {
    return "'o', " + quoted(subject) +
           ", 'member.push', '{\"organization\":\"org_9\",\"user\":\"u\"," + "\"roles\":" + roles +
           "}'";
  }
};

TEST_F(Enqueue, CountsVersionsAndSaysTheCanonicalState) {
  const auto first = enqueue(member("s", R"(["b","a","b"])"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(newest("s", "id"), first.value());
  EXPECT_EQ(newest("s", "desired"),
            R"({"user": "u", "roles": ["a", "b"], "organization": "org_9"})");
  ASSERT_TRUE(enqueue(member("s", R"(["b","c"])")).ok());
  EXPECT_EQ(version_of("s"), "2");
  EXPECT_EQ(value("select touched::text from rolecall.subjects"),
            R"({"*": 1, "a": 2, "b": 1, "c": 2})");
}

TEST_F(Enqueue, ForgetsTouchesThatWorkosIsKnownToHaveApplied) {
  ASSERT_TRUE(enqueue(member("s", R"(["a"])")).ok());
  ASSERT_TRUE(enqueue(member("s", R"(["a","b"])")).ok());
  database.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, echoed_version) "
      "values ('s', 'o', 'k', 1)");
  ASSERT_TRUE(enqueue(member("s", R"(["a","b","c"])")).ok());
  EXPECT_EQ(value("select touched::text from rolecall.subjects"), R"({"b": 2, "c": 3})");
}

TEST_F(Enqueue, ARemovalTouchesPresenceAndEveryElement) {
  ASSERT_TRUE(enqueue(member("s", R"(["a"])")).ok());
  ASSERT_TRUE(
      enqueue(
          "'o', 's', 'member.remove', '{\"organization\":\"org_9\",\"user\":\"u\",\"roles\":[]}'")
          .ok());
  EXPECT_EQ(newest("s", "desired"), R"({"user": "u", "organization": "org_9"})");
  EXPECT_EQ(value("select touched::text from rolecall.subjects"), R"({"*": 2, "a": 2})");
}

TEST_F(Enqueue, WaitsForPresentVersionsAndForABarrier) {
  ASSERT_TRUE(enqueue(member("first", R"(["a"])")).ok());
  ASSERT_TRUE(enqueue(member("first", R"(["b"])")).ok());
  const auto answer =
      enqueue(member("second", R"(["a"])") + ", array['first', 'member:o:*', 'first']");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(newest("second", "waits_for"),
            "{\"(first,2)\",\"(member:o:*," + answer.value() + ")\"}");
  EXPECT_TRUE(refused(enqueue(member("x", R"(["a"])") + ", array['none']"), "P0002", "none"));
  EXPECT_TRUE(
      refused(enqueue(member("x", R"(["a"])") + ", array['member:other:*']"), "P0002", "other"));
  EXPECT_TRUE(refused(enqueue(member("x", R"(["a"])") + ", array[null]::text[]"), "P0002", "null"));
  EXPECT_EQ(version_of("x"), "");
}

TEST_F(Enqueue, KindsOfANewerProgramPassAsTheyAre) {
  ASSERT_TRUE(enqueue("'o', 's', 'future.kind', '{\"what\": [1, {}]}', '{}', 2").ok());
  EXPECT_EQ(newest("s", "desired::text || kind || priority"), R"({"what": [1, {}]}future.kind2)");
  EXPECT_EQ(value("select object_key from rolecall.subjects"), "s");
}

TEST_F(Enqueue, RefusesAnEnvelopeThatNamesNothing) {
  EXPECT_TRUE(refused(enqueue("'', 's', 'future.kind', '{}'"), "22023", "organization_id"));
  EXPECT_TRUE(refused(enqueue("null, 's', 'future.kind', '{}'"), "22023", "organization_id"));
  EXPECT_TRUE(refused(enqueue("'o', '', 'future.kind', '{}'"), "22023", "subject"));
  EXPECT_TRUE(refused(enqueue("'o', 'member:o:*', 'future.kind', '{}'"), "22023", "subject"));
  EXPECT_TRUE(refused(enqueue("'o', repeat('s', 1001), 'future.kind', '{}'"), "22023", "subject"));
  EXPECT_TRUE(refused(enqueue("'o', 's', 'No Kind', '{}'"), "22023", "kind"));
  EXPECT_TRUE(refused(enqueue("'o', 's', null, '{}'"), "22023", "kind"));
  EXPECT_TRUE(refused(enqueue("'o', 's', 'future.kind', '{}', '{}', 3"), "22023", "priority"));
  EXPECT_TRUE(refused(enqueue("'o', 's', 'future.kind', '[]'"), "22023", "no JSON object"));
  EXPECT_TRUE(refused(enqueue("'o', 's', 'future.kind', null"), "22023", "no JSON object"));
}

TEST_F(Enqueue, RefusesAStateThatWorkosWouldRefuse) {
  const auto with = [this](const std::string& kind, const std::string& rest) {
    return enqueue("'o', 's', " + quoted(kind) + ", '{\"organization\":\"org_9\"," + rest + "}'");
  };
  EXPECT_TRUE(refused(with("member.push", R"("user":"u","roles":[])"), "22023", "roles"));
  EXPECT_TRUE(refused(with("member.push", R"("user":"u","roles":["No"])"), "22023", "roles"));
  EXPECT_TRUE(
      refused(with("member.push", R"("user":"u","roles":"a")"), "22023", "list of strings"));
  EXPECT_TRUE(
      refused(with("member.push", R"("user":"u","roles":[1])"), "22023", "list of strings"));
  EXPECT_TRUE(refused(with("member.push", R"("user":"u")"), "22023", "list of strings"));
  EXPECT_TRUE(refused(with("member.push", R"("user":7,"roles":["a"])"), "22023", "user"));
  EXPECT_TRUE(refused(with("member.remove", R"("user":"")"), "22023", "user"));
  EXPECT_TRUE(refused(with("role.push", R"("slug":"editors","name":"E")"), "22023", "slug"));
  EXPECT_TRUE(refused(with("role.push", R"("slug":"org-e","name":7)"), "22023", "name"));
  EXPECT_TRUE(refused(with("role.push", R"("slug":"org-e")"), "22023", "name"));
  EXPECT_TRUE(refused(with("role.push", R"("slug":"org-e","name":"E","description":7)"), "22023",
                      "description"));
  EXPECT_TRUE(refused(with("role.permissions", R"("slug":"org-e","permissions":["No"])"), "22023",
                      "permission"));
  EXPECT_TRUE(refused(with("role.permissions", R"("slug":"org-e")"), "22023", "list of strings"));
  EXPECT_TRUE(refused(with("role.remove", R"("name":"E")"), "22023", "slug"));
  EXPECT_TRUE(
      refused(enqueue("'o', 's', 'role.remove', '{\"slug\":\"org-e\"}'"), "22023", "organization"));
  database.sql("update rolecall.provider_control set multiple_roles = false");
  EXPECT_TRUE(
      refused(with("member.push", R"("user":"u","roles":["a","b"])"), "22023", "allows one"));
  EXPECT_EQ(value("select count(*) from rolecall.subjects"), "0");
}

TEST_F(Enqueue, SaysRolesAndPermissionsInOneForm) {
  ASSERT_TRUE(
      enqueue(
          R"('o', 'r', 'role.push', '{"organization":"org_9","slug":"org-e","name":" E ","description":""}')")
          .ok());
  EXPECT_EQ(newest("r", "desired"),
            R"({"name": "E", "slug": "org-e", "description": null, "organization": "org_9"})");
  ASSERT_TRUE(
      enqueue(
          R"('o', 'p', 'role.permissions', '{"organization":"org_9","slug":"org-e","permissions":["b","a","b"]}')")
          .ok());
  EXPECT_EQ(newest("p", "desired -> 'permissions'"), R"(["a", "b"])");
}

TEST_F(Enqueue, LeavesTheMirrorsSubjectsToTheirFunctions) {
  const auto role = new_role("Editors");
  add_member("ann", {role});
  for (const auto& subject :
       {role, std::string("member:acme:user_a"), "role_permissions:" + role.substr(18)})
    EXPECT_TRUE(refused(enqueue("'acme', " + quoted(subject) + ", 'future.kind', '{}'"), "55000",
                        "own tables"));
}

TEST_F(Enqueue, ASubjectStaysWithItsOrganization) {
  ASSERT_TRUE(enqueue("'o', 's', 'future.kind', '{}'").ok());
  EXPECT_TRUE(refused(enqueue("'p', 's', 'future.kind', '{}'"), "42501", "another organization"));
  EXPECT_EQ(version_of("s"), "1");
}

TEST_F(Enqueue, I1TheRowCommitsWithTheChangeOrNotAtAll) {
  app.must("begin");
  app.must("savepoint inner_change");
  ASSERT_TRUE(enqueue(member("s", R"(["a"])")).ok());
  app.must("rollback to inner_change");
  ASSERT_TRUE(enqueue(member("s", R"(["b"])")).ok());
  app.must("commit");
  EXPECT_EQ(version_of("s"), "1");
  EXPECT_EQ(newest("s", "desired -> 'roles'"), R"(["b"])");
  app.must("begin");
  const auto role = new_role("Editors");
  add_member("ann", {role});
  app.must("rollback");
  EXPECT_EQ(value("select (select count(*) from rolecall.subjects) || ' ' || (select count(*) from "
                  "rolecall.outbox) "
                  "|| ' ' || (select count(*) from rolecall.organization_roles)"),
            "1 1 0");
}

TEST_F(Enqueue, WakesASleepingWorkerAndOnlyThen) {
  Client worker(database.url());
  worker.must("listen rolecall_wake");
  ASSERT_TRUE(enqueue("'o', 's', 'future.kind', '{}'").ok());
  EXPECT_FALSE(worker.was_notified("rolecall_wake"));
  worker.must("select pg_advisory_lock(7072, 0)");
  ASSERT_TRUE(enqueue("'o', 's', 'future.kind', '{}'").ok());
  EXPECT_TRUE(worker.was_notified("rolecall_wake"));
}

TEST_F(Enqueue, KeepsWorkersAwakeUntilItCommits) {
  Client worker(database.url());
  app.must("begin");
  ASSERT_TRUE(enqueue("'o', 's', 'future.kind', '{}'").ok());
  EXPECT_EQ(worker.must("select pg_try_advisory_lock(7072, 0)").value(), "f");
  app.must("commit");
  EXPECT_EQ(worker.must("select pg_try_advisory_lock(7072, 0)").value(), "t");
}

TEST_F(Enqueue, WorksInAPreparedTransactionWhenNotifyIsOff) {
  Client worker(database.url());
  worker.must("select pg_advisory_lock(7072, 0)");
  const auto prepare = [this](const std::string& setting, const std::string& name) {
    app.must("begin; set local rolecall.notify = " + setting);
    EXPECT_TRUE(enqueue("'o', " + quoted(name) + ", 'future.kind', '{}'").ok());
    const auto answer = app.run("prepare transaction '" + database.name() + name + "'");
    app.run("rollback");
    return answer;
  };
  EXPECT_EQ(prepare("on", "one").sqlstate, "0A000");
  ASSERT_TRUE(prepare("off", "two").ok());
  app.must("commit prepared '" + database.name() + "two'");
  EXPECT_EQ(version_of("two"), "1");
}

TEST_F(Enqueue, ManyRowsInOneTransactionNeedNoLockEach) {
  app.must("begin");
  app.must(
      "select rolecall.enqueue('o', 's' || n, 'future.kind', '{}') from generate_series(1, 12000) "
      "n");
  EXPECT_LT(std::stoi(value("select count(*) from pg_locks where database = (select oid "
                            "from pg_database where datname = current_database())")),
            1000);
  app.must("commit");
  EXPECT_EQ(value("select count(*) from rolecall.outbox"), "12000");
}

TEST_F(Enqueue, ChangesNoOtherOrganizationAtWorkos) {
  app.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  const auto say = [this](const std::string& organization, const std::string& named) {
    return enqueue(quoted(organization) + ", 'mine:1', 'member.push', '{\"organization\":\"" +
                   named + "\",\"user\":\"u\",\"roles\":[\"a\"]}'");
  };
  app.must("set app.org_id = 'acme'");
  EXPECT_TRUE(refused(say("acme", "org_2"), "42501", "org_2"));
  EXPECT_TRUE(refused(say("acme", "org_9"), "42501", "org_9"));
  ASSERT_TRUE(say("acme", "org_1").ok());
  app.must("reset app.org_id");
  EXPECT_TRUE(refused(say("unknown", "org_2"), "42501", "another organization"));
  EXPECT_EQ(value("select string_agg(organization_id, ' ') from rolecall.outbox"), "acme");
}

TEST_F(Enqueue, WaitsForNothingOfAnotherOrganization) {
  ASSERT_TRUE(enqueue("'p', 'theirs', 'future.kind', '{}'").ok());
  EXPECT_TRUE(
      refused(enqueue("'o', 'mine', 'future.kind', '{}', array['theirs']"), "P0002", "theirs"));
}

TEST_F(Enqueue, ASubjectIsOneThingAtWorkosForEver) {
  ASSERT_TRUE(enqueue(member("s", R"(["a"])")).ok());
  EXPECT_TRUE(refused(enqueue("'o', 's', 'member.push', '{\"organization\":\"org_9\","
                              "\"user\":\"another\",\"roles\":[\"a\"]}'"),
                      "22023", "member:org_9:u"));
  EXPECT_TRUE(
      refused(enqueue("'o', 's', 'role.remove', '{\"organization\":\"org_9\",\"slug\":\"org-e\"}'"),
              "22023", "member:org_9:u"));
  ASSERT_TRUE(
      enqueue("'o', 's', 'member.remove', '{\"organization\":\"org_9\",\"user\":\"u\"}'").ok());
  EXPECT_EQ(version_of("s"), "2");
}

TEST_F(Enqueue, NoSecondSubjectSaysWhatTheMirrorHolds) {
  const auto role = new_role("Editors");
  add_member("ann", {role});
  EXPECT_TRUE(refused(enqueue("'acme', 'mine', 'member.remove', "
                              "'{\"organization\":\"org_1\",\"user\":\"user_a\"}'"),
                      "55000", "member:acme:user_a"));
  EXPECT_TRUE(refused(enqueue("'acme', 'mine', 'role.remove', "
                              "'{\"organization\":\"org_1\",\"slug\":\"org-editors\"}'"),
                      "55000", role));
  EXPECT_EQ(version_of("mine"), "");
  ASSERT_TRUE(enqueue("'acme', 'mine', 'member.remove', "
                      "'{\"organization\":\"org_1\",\"user\":\"user_b\"}'")
                  .ok());
}

TEST_F(Enqueue, IsAudited) {
  app.must("begin; set local app.user_id = 'dee'; set local app.reason = 'a move'");
  const auto id = enqueue(member("s", R"(["a"])")).value();
  app.must("commit");
  EXPECT_EQ(value("select concat_ws(' ', organization_id, subject, version, action, actor, reason, "
                  "detail ->> 'outbox_id', detail #>> '{desired,roles,0}') "
                  "from rolecall.audit_log where subject = 's'"),
            "o s 1 enqueue dee a move " + id + " a");
}

}  // namespace
}  // namespace rolecall::testing
