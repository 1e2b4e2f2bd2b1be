// Who held which role when: decided here, by whom and why; and what role_history tells of it.
#include <fmt/format.h>

#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class RoleHistory : public AppWorld {
 protected:
  std::string now() { return value("select clock_timestamp()"); }
  std::string held(const std::string& who, const std::string& role, const std::string& at) {
    return app
        .must(fmt::format("select coalesce(local::text, '-') || coalesce(workos::text, '-') from "
                          "rolecall.held_role('acme', {}, {}, {})",
                          quoted(who), quoted(role), quoted(at)))
        .value();
  }
  void act(const std::string& call, const std::string& by = "boss",
           const std::string& why = "work") {
    app.must("begin");
    app.must("set local app.user_id = " + quoted(by));
    app.must("set local app.reason = " + quoted(why));
    app.must("select rolecall." + call);
    app.must("commit");
  }
  // change, slug, by whom, why and how, oldest first.
  std::string story(const std::string& who) {
    return app
        .must(fmt::format("select string_agg(concat_ws(' ', change, slug, decided_by, reason, "
                          "action, version), E'\\n' order by n) from "
                          "rolecall.role_history('acme', {}) with ordinality h (decided_at, "
                          "change, role_urn, slug, decided_by, reason, action, version, sent_at, "
                          "effective_at, confirmed_at, request_id, event_id, n)",
                          quoted(who)))
        .value();
  }
  const std::string member = environment_role("member");
  const std::string admin = environment_role("admin");
};

TEST_F(RoleHistory, KnowsWhoHeldWhatHereAtEachInstant) {
  const auto before = now();
  act("add_member('acme', 'ann', " + array_of({admin}) + ")");
  const auto first = now();
  act("add_member('acme', 'ben', " + array_of({admin}) + ")");
  act("set_member_roles('acme', 'ann', " + array_of({member}) + ")");
  const auto second = now();
  act("remove_member('acme', 'ann')");
  const auto third = now();
  act("add_member('acme', 'ann', " + array_of({admin}) + ")");
  EXPECT_EQ(held("ann", admin, before), "false-");
  EXPECT_EQ(held("ann", admin, first), "true-");
  EXPECT_EQ(held("ann", admin, second) + held("user_a", member, second), "false-true-");
  EXPECT_EQ(held("ann", admin, third) + held("ann", member, third), "false-false-");
  EXPECT_EQ(held("ann", admin, now()), "true-");
}

TEST_F(RoleHistory, SaysWhoDecidedAndWhy) {
  act("add_member('acme', 'ann', " + array_of({member}) + ")", "eve", "new here");
  act("add_member_role('acme', 'ann', " + quoted(admin) + ")", "bob", "promoted");
  act("set_member_roles('acme', 'ann', " + array_of({admin}) + ")", "bob", "tidy");
  EXPECT_EQ(story("ann"),
            "granted member eve new here add_member 1\n"
            "granted admin bob promoted add_member_role 2\n"
            "revoked member bob tidy set_member_roles 3");
}

TEST_F(RoleHistory, TellsOfEachHolderThatARoleEndedAndOnWhoseWord) {
  const auto editors = new_role("Editors");
  act("add_member('acme', 'ann', " + array_of({editors}) + ")");
  act("add_member('acme', 'ben', " + array_of({editors, admin}) + ")");
  const auto then = now();
  act("delete_role(" + quoted(editors) + ")", "eve", "reorganized");
  EXPECT_EQ(story("ann"),
            "granted org-editors boss work add_member 1\n"
            "revoked org-editors eve reorganized role_ended 2\n"
            "granted member eve reorganized role_ended 2");
  EXPECT_EQ(story("ben"),
            "granted admin boss work add_member 1\n"
            "granted org-editors boss work add_member 1\n"
            "revoked org-editors eve reorganized role_ended 2");
  const auto again = new_role("Editors");
  act("set_member_roles('acme', 'ben', " + array_of({again, admin}) + ")");
  EXPECT_EQ(held("ben", editors, then) + held("ben", editors, now()), "true-false-");
  EXPECT_EQ(held("ben", again, then) + held("ben", again, now()), "false-true-");
}

TEST_F(RoleHistory, NamesTheTokenOfAMemberWhoWasEnteredByALogin) {
  app.must("select rolecall.observe_member_roles('acme', 'user_new', array['member'], now())");
  EXPECT_NE(story("user_new").find("entered_unverified 1"), std::string::npos) << story("user_new");
}

TEST_F(RoleHistory, OfADeletedUserIsStillThere) {
  act("add_member('acme', 'ann', " + array_of({member}) + ")");
  const auto then = now();
  database.sql("update rolecall.users set deleted_at = now() where id = 'ann'");
  EXPECT_EQ(held("ann", member, then), "true-");
}

TEST_F(RoleHistory, OfSomebodyWhoNeverWasAMemberIsEmpty) {
  EXPECT_EQ(story("cy"), "");
  EXPECT_EQ(held("user_stranger", member, now()), "false-");
}

TEST_F(RoleHistory, IsRefusedWithTheReason) {
  add_member("ann", {member});
  const auto ask = [&](const std::string& organization, const std::string& who,
                       const std::string& role, const std::string& at = "now()") {
    return app.run(
        fmt::format("select rolecall.held_role({}, {}, {}, {})", organization, who, role, at));
  };
  const std::string here = "'acme'", ann = "'ann'", known = quoted(member);
  EXPECT_TRUE(refused(ask(here, ann, known, "null"), "22023", "at is null"));
  EXPECT_TRUE(refused(ask(here, ann, known, "'infinity'"), "22023", "infinite"));
  EXPECT_TRUE(refused(ask(here, "''", known), "22023", "empty"));
  EXPECT_TRUE(refused(ask("null", ann, known), "22023", "empty"));
  EXPECT_TRUE(refused(ask("'acne'", ann, known), "P0002", "acne"));
  EXPECT_TRUE(refused(ask(here, "'nobody'", known), "P0002", "nobody"));
  EXPECT_TRUE(refused(ask(here, ann, "'role:global:x'"), "P0002", "role:global:x"));
  EXPECT_TRUE(refused(ask(here, ann, "null"), "P0002", "null"));
  app.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  EXPECT_TRUE(refused(ask(here, ann, quoted(new_role("Theirs", "other"))), "P0002", "has and had"));
  app.must("select rolecall.upsert_user('guest', 'g@x', null)");
  EXPECT_TRUE(refused(ask(here, "'guest'", known), "55000", "no WorkOS user id"));
  database.sql("update rolecall.users set workos_user_id = 'ann' where id = 'ben'");
  EXPECT_TRUE(refused(ask(here, ann, known), "22023", "means several"));
  EXPECT_TRUE(ask(here, "'user_a'", known).ok());
}

TEST_F(RoleHistory, BelongsToTheOrganizationThatTheSessionActsFor) {
  add_member("ann", {member});
  app.must("set app.org_id = 'other'");
  for (const std::string call :
       {"role_history('acme', 'ann')", "held_role('acme', 'ann', 'role:global:x', now())"})
    EXPECT_TRUE(
        refused(app.run("select * from rolecall." + call), "42501", "acts for organization other"))
        << call;
  app.must("set app.org_id = 'acme'");
  EXPECT_NE(story("ann"), "");
}

TEST_F(RoleHistory, IsForOperatorsToo) {
  add_member("ann", {member});
  Client person(database, "rolecall_operator");
  EXPECT_EQ(person.must("select count(*) from rolecall.role_history('acme', 'ann')").value(), "1");
  EXPECT_EQ(person.run("select rolecall.workos_then('acme', 'user_a', null)").sqlstate, "42501");
}

}  // namespace
}  // namespace rolecall::testing
