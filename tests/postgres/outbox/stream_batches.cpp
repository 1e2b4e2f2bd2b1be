// Many facts at once: a batch of reductions leaves what its parts would have left one after the
// other, and events that are their member's at once do not pass those that wait.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

// What was left: of each member what they hold and what is desired.
std::string left_by(EventWorld& w) {
  return w.value(
      "select string_agg(s.subject || ' ' || s.kind || ' ' || coalesce((s.desired -> "
      "'roles')::text, "
      "'') || ' ' || coalesce(h.roles, ''), E'\\n' order by s.subject) from rolecall.subjects s "
      "left join lateral (select string_agg(m.workos_slug, ',' order by m.workos_slug) as roles "
      "from "
      "rolecall.organization_role_assignments a join rolecall.organization_roles m on m.subject = "
      "a.role_urn where 'member:acme:' || a.workos_user_id = s.subject and a.deleted_at is null) h "
      "on "
      "true where s.kind like 'member.%'");
}

std::string left_by(const std::vector<Told>& events, bool at_once) {
  EventWorld w;
  w.tell({role_told("created", "org-a", 1, 1), role_told("created", "org-b", 2, 2)});
  w.tell({joined("ann", "member org-a", 3), joined("bob", "member org-a org-b", 4),
          joined("cas", "member org-b", 5)});
  if (at_once) {
    w.tell(events);
  } else {
    for (const Told& event : events) w.tell({event});
  }
  EXPECT_EQ(w.number("select count(*) from rolecall.inbox where applied_at is null"), 0);
  EXPECT_EQ(
      w.number("select count(*) from rolecall.organization_role_assignments a join "
               "rolecall.organization_roles r on r.subject = a.role_urn where a.deleted_at is "
               "null and r.deleted_at is not null"),
      0)
      << "nobody holds what ended";
  return left_by(w);
}

TEST(StreamOfBatches, ARolesEndAndWhatItsHoldersBecameAreOneWithTheirSequence) {
  const std::vector<Told> end_first{
      role_told("deleted", "org-a", 1, 20), changed("ann", "member", 21),
      changed("bob", "member org-b", 22), changed("cas", "admin member", 23)};
  EXPECT_EQ(left_by(end_first, true), left_by(end_first, false));
  const std::vector<Told> end_last{changed("ann", "admin org-a", 20), left("bob", 21),
                                   changed("cas", "member org-a org-b", 22),
                                   role_told("deleted", "org-a", 1, 23)};
  EXPECT_EQ(left_by(end_last, true), left_by(end_last, false));
}

TEST(StreamOfBatches, ARoleAndThoseWhoHoldItMayArriveTogether) {
  const std::vector<Told> holders_first{changed("ann", "member org-c", 22),
                                        joined("dan", "org-c", 23),
                                        role_told("created", "org-c", 21, 24)};
  EXPECT_EQ(left_by(holders_first, true), left_by(holders_first, false));
  const std::vector<Told> role_first{role_told("created", "org-c", 21, 21),
                                     joined("dan", "org-c", 22),
                                     changed("ann", "member org-c", 23)};
  EXPECT_EQ(left_by(role_first, true), left_by(role_first, false));
}

TEST(StreamOfBatches, NoEventPassesOneOfTheSameMemberThatWaits) {
  EventWorld w;
  w.tell({joined("zoe", "member", 1), joined("ann", "member", 2)});
  // A thousand wait to be told whose they are, as many as a page takes; the last of them is ann's.
  w.sql(
      "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
      "shown, "
      "organization_id) select 'event_x' || n, i.type, i.at, i.family, i.workos_organization_id, "
      "u.name, replace(i.shown::text, i.name, u.name)::jsonb, i.organization_id from "
      "generate_series(1, 1000) n cross join lateral (select 'user_x' || n as name) u cross join "
      "rolecall.inbox i where i.name = 'user_zoe' order by n");
  w.sql(
      "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
      "shown, "
      "organization_id) select 'event_waits', i.type, replace(i.at, ':02', ':05'), i.family, "
      "i.workos_organization_id, i.name, replace(replace(i.shown::text, ':02', ':05'), "
      "'[\"member\"]', "
      "'[\"admin\"]')::jsonb, i.organization_id from rolecall.inbox i where i.name = 'user_ann'");
  ASSERT_TRUE(w.record({changed("ann", "admin member", 9)}));
  EXPECT_EQ(
      w.number("select count(*) from rolecall.inbox where name = 'user_ann' and subject is null"),
      2);
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "member");
  ASSERT_TRUE(w.end_of_stream());
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "admin member");
  EXPECT_EQ(w.value("select outcome from rolecall.inbox where event_id = 'event_waits'"),
            "adopted");
}

}  // namespace
}  // namespace rolecall::testing
