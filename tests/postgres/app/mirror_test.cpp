#include <gmock/gmock.h>

#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

// What the reducer does to the mirror, as the owner of the functions.
class Mirror : public AppWorld {
 protected:
  void observe(const std::string& subject, const std::string& columns, const std::string& values) {
    database.sql("insert into rolecall.observed (subject, organization_id, object_key, " + columns +
                 ") values (" + quoted(subject) + ", 'acme', 'k', " + values + ")");
  }
  void adopt(const std::string& subject, const std::string& kind, const std::string& desired) {
    // As the reducer does: the subject's desired state first, then the mirror.
    database.sql(
        "update rolecall.subjects set version = version + 1, kind = $2, desired = $3::jsonb where "
        "subject = $1",
        {subject, kind, desired});
    database.sql("select rolecall.mirror_adopt($1, $2, $3::jsonb, 'adopted')",
                 {subject, kind, desired});
  }
  std::string held(const std::string& who) {
    return value(
        "select string_agg(coalesce(r.workos_slug, g.workos_slug), ',' "
        "order by coalesce(r.workos_slug, g.workos_slug)) from "
        "rolecall.organization_role_assignments a left join rolecall.organization_roles r on "
        "r.subject = a.role_urn "
        "left join rolecall.global_roles g on 'role:global:' || g.id = a.role_urn "
        "where a.deleted_at is null and a.workos_user_id = " +
        quoted(who));
  }
  static std::string member_document(const std::string& roles) {
    return R"({"organization":"org_1","user":"user_a","roles":)" + roles + "}";
  }
  const std::string member = environment_role("member");
  const std::string ann = "member:acme:user_a";
};

TEST_F(Mirror, LockAnswersAtOnceWhetherTheRowIsFree) {
  const auto role = new_role("Editors");
  add_member("ann", {role});
  const auto lock = [this](const std::string& subject) {
    return value("select rolecall.mirror_lock(" + quoted(subject) + ")");
  };
  const auto permissions = "role_permissions:" + role.substr(18);
  for (const auto& subject : {ann, role, permissions, std::string("an application's own")})
    EXPECT_EQ(lock(subject), "t") << subject;
  app.must("begin");
  app.must("select rolecall.update_role(" + quoted(role) + ", 'New')");
  EXPECT_EQ(lock(role), "f");
  EXPECT_EQ(lock(permissions), "f");
  EXPECT_EQ(lock(ann), "t");
  app.must("select rolecall.set_member_roles('acme', 'ann', " + array_of({member}) + ")");
  EXPECT_EQ(lock(ann), "f");
  app.must("commit");
  EXPECT_EQ(lock(ann), "t");
}

TEST_F(Mirror, SeenCopiesWhatWorkosShowed) {
  const auto role = new_role("Editors");
  add_member("ann", {role});
  observe(ann, "incarnation, incarnation_created_at, seen_at, seen_status, directory_managed",
          "'om_1', '2026-01-02T03:04:05.678Z', '2026-02-02T03:04:05.678Z', 'inactive', true");
  database.sql("select rolecall.mirror_seen($1)", {ann});
  EXPECT_EQ(value("select concat_ws(' ', workos_membership_id, status, directory_managed, "
                  "extract(epoch from workos_updated_at - workos_created_at)) from "
                  "rolecall.organization_memberships"),
            "om_1 inactive t 2678400.000000");
  observe(role, "incarnation_created_at, seen_at", "'2026-01-02T03:04:05.678Z', 'no time at all'");
  database.sql("select rolecall.mirror_seen($1)", {role});
  EXPECT_EQ(value("select (workos_created_at = '2026-01-02T03:04:05.678Z') || ' ' || "
                  "(workos_updated_at is null) "
                  "from rolecall.organization_roles"),
            "true true");
  database.sql("select rolecall.mirror_seen('nothing known')");
}

TEST_F(Mirror, SeenNeverPutsOneMembershipIdOnTwoMembers) {
  add_member("ann", {member});
  add_member("ben", {member});
  observe(ann, "incarnation", "'om_1'");
  observe("member:acme:user_b", "incarnation", "'om_1'");
  database.sql("select rolecall.mirror_seen(subject) from rolecall.observed order by subject");
  EXPECT_EQ(value("select string_agg(user_id, ',') from rolecall.organization_memberships where "
                  "workos_membership_id = 'om_1'"),
            "ann");
}

TEST_F(Mirror, AnAdoptedSetChangesTheAssignments) {
  const auto role = new_role("Editors");
  add_member("ann", {role, member});
  observe(ann, "seen_at", "'2099-01-01T00:00:00Z'");
  adopt(ann, "member.push", member_document(R"(["admin","org-editors"])"));
  EXPECT_EQ(held("user_a"), "admin,org-editors");
}

TEST_F(Mirror, WhoBecomesAMemberIsWrittenOnceWithWhatWasSeen) {
  add_member("ann", {member});
  app.must("select rolecall.remove_member('acme', 'ann')");
  observe(ann, "incarnation, seen_at, seen_status, seen_event_id",
          "'om_1', '2026-01-01T00:00:00Z', 'inactive', 'event_1'");
  adopt(ann, "member.push", member_document(R"(["member"])"));
  const auto written = [this] {
    return value(
        "select concat_ws(' ', deleted_at is null, workos_membership_id, status, "
        "workos_last_event_id, ctid) from rolecall.organization_memberships");
  };
  const std::string once = written();
  EXPECT_THAT(once, ::testing::StartsWith("t om_1 inactive event_1 "));
  database.sql("select rolecall.mirror_seen($1)", {ann});
  EXPECT_EQ(written(), once);
}

TEST_F(Mirror, WhoIsAdoptedUnseenKeepsWhatWasKnown) {
  add_member("ann", {member});
  observe(ann, "incarnation, seen_status", "'om_1', 'inactive'");
  database.sql("select rolecall.mirror_seen($1)", {ann});
  database.sql("delete from rolecall.observed");
  adopt(ann, "member.remove", R"({"organization":"org_1","user":"user_a"})");
  EXPECT_EQ(value("select concat_ws(' ', deleted_at is null, workos_membership_id, status) from "
                  "rolecall.organization_memberships"),
            "f om_1 inactive");
}

TEST_F(Mirror, ASlugMeansTheRoleThatHadItThen) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  observe(ann, "seen_at", "'2026-01-01T00:00:00Z'");
  adopt(ann, "member.push", member_document(R"(["member","org-editors"])"));
  EXPECT_EQ(held("user_a"), "member") << "WorkOS has not confirmed that role yet";
  EXPECT_EQ(value("select unresolved::text from rolecall.observed"),
            R"({"org-editors": "2026-01-01T00:00:00Z"})");
  database.sql("update rolecall.organization_roles set workos_created_at = '2026-01-02'");
  database.sql("select rolecall.mirror_seen($1)", {ann});
  EXPECT_EQ(held("user_a"), "member") << "it came later than the sight";
  database.sql("update rolecall.organization_roles set workos_created_at = '2025-12-31'");
  database.sql("select rolecall.mirror_seen($1)", {ann});
  EXPECT_EQ(held("user_a"), "member,org-editors");
  EXPECT_EQ(value("select unresolved::text from rolecall.observed"), "{}");
}

TEST_F(Mirror, UnknownSlugsStayUntilTheWholeSetIsGiven) {
  add_member("ann", {member});
  observe(ann, "seen_at", "'2026-01-01T00:00:00Z'");
  adopt(ann, "member.push", member_document(R"(["member","auditor"])"));
  app.must("select rolecall.add_member_role('acme', 'ann', " + quoted(environment_role("admin")) +
           ")");
  EXPECT_EQ(said_roles(ann), "admin,auditor,member");
  app.must("select rolecall.add_member('acme', 'ben', " + array_of({environment_role("admin")}) +
           ")");
  app.must("select rolecall.set_member_roles('acme', 'ann', " + array_of({member}) + ")");
  EXPECT_EQ(said_roles(ann), "member");
  database.sql("select rolecall.mirror_seen($1)", {ann});
  EXPECT_EQ(value("select unresolved::text from rolecall.observed"), "{}");
}

TEST_F(Mirror, ARoleThatBecomesKnownIsHeldByThoseWhoWereSeenWithIt) {
  add_member("ann", {member});
  observe(ann, "seen_at", "'2026-01-01T00:00:00Z'");
  adopt(ann, "member.push", member_document(R"(["member","auditor"])"));
  app.must("select rolecall.upsert_global_role('auditor', 'Auditor')");
  EXPECT_EQ(held("user_a"), "auditor,member");
}

TEST_F(Mirror, AnAdoptedRemovalAndAnAdoptedReturn) {
  add_member("ann", {member});
  adopt(ann, "member.remove", R"({"organization":"org_1","user":"user_a"})");
  EXPECT_EQ(held("user_a"), "");
  EXPECT_EQ(value("select deleted_at is not null from rolecall.organization_memberships"), "t");
  adopt(ann, "member.push", member_document(R"(["admin"])"));
  EXPECT_EQ(held("user_a"), "admin");
  EXPECT_EQ(value("select deleted_at is null from rolecall.organization_memberships"), "t");
}

TEST_F(Mirror, AnAdoptedRoleFollowsWithinTheLimits) {
  const auto role =
      app.must("select subject from rolecall.create_role('acme', 'Editors', permissions => '{}')")
          .value();
  adopt(role, "role.push",
        R"({"organization":"org_1","slug":"org-editors","name":"Renamed","description":""})");
  adopt("role_permissions:" + role.substr(18), "role.permissions",
        R"({"organization":"org_1","slug":"org-editors","permissions":["a","b"]})");
  EXPECT_EQ(value("select concat_ws(' ', name, description is null, permissions) from "
                  "rolecall.organization_roles"),
            "Renamed t {a,b}");
}

TEST_F(Mirror, NothingRevivesADeletedRole) {
  const auto role = new_role("Editors");
  app.must("select rolecall.delete_role(" + quoted(role) + ")");
  adopt(role, "role.push", R"({"organization":"org_1","slug":"org-editors","name":"Back"})");
  EXPECT_EQ(value("select name || (deleted_at is null) from rolecall.organization_roles"),
            "Editorsfalse");
}

TEST_F(Mirror, TheEndOfARoleAtWorkosEndsItForItsHolders) {
  const auto role = new_role("Editors");
  add_member("ann", {role, environment_role("admin")});
  add_member("ben", {role});
  observe(role, "seen_at", "'2026-01-01T00:00:00Z'");
  adopt(role, "role.remove", R"({"organization":"org_1","slug":"org-editors"})");
  EXPECT_EQ(said_roles(ann), "admin");
  EXPECT_EQ(said_roles("member:acme:user_b"), "member");
  EXPECT_EQ(newest(ann, "enqueued_by || priority"), "rolecall:reducer0");
  EXPECT_EQ(value("select touched ->> 'org-editors' from rolecall.subjects where subject = " +
                  quoted(ann)),
            "1")
      << "it is no local change";
}

TEST_F(Mirror, HoldersThatAnApplicationHasAreDoneLater) {
  const auto role = new_role("Editors");
  add_member("ann", {role});
  add_member("ben", {role});
  observe(role, "seen_at", "'2026-01-01T00:00:00Z'");
  observe(ann, "reduce_due_at", "now()");
  app.must("begin");
  app.must("select rolecall.add_member_role('acme', 'ben', " + quoted(member) + ")");
  adopt(role, "role.remove", R"({"organization":"org_1","slug":"org-editors"})");
  database.sql("select rolecall.mirror_seen($1)", {role});
  EXPECT_EQ(said_roles(ann), "org-editors") << "its own facts come first";
  EXPECT_EQ(
      value("select reduce_due_at > now() from rolecall.observed where subject = " + quoted(role)),
      "t");
  app.must("commit");
  database.sql("update rolecall.observed set reduce_due_at = null");
  database.sql("select rolecall.mirror_seen($1)", {role});
  EXPECT_EQ(said_roles(ann) + " " + said_roles("member:acme:user_b"), "member member");
  EXPECT_EQ(value("select count(*) from rolecall.observed where reduce_due_at is not null"), "0");
}

}  // namespace
}  // namespace rolecall::testing
