// Two roles of one slug, the one that ended and its heir: whose fact each event and each read is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class Heirs : public ::testing::Test {
 protected:
  // org-x was made, ended and made again here; nothing of that was said.
  Heirs() {
    former_ = role("X");
    w.sql("select rolecall.delete_role($1)", {former_});
    heir_ = role("X again");
    w.take_in();
    w.sql(
        "insert into rolecall.observed (subject, organization_id, object_key) select subject, "
        "organization_id, object_key from rolecall.subjects on conflict do nothing");
  }
  std::string role(const std::string& name) {
    w.sql("select rolecall.create_role('acme', $1, slug => 'org-x', permissions => array['a:b'])",
          {name});
    return w.value(
        "select subject from rolecall.organization_roles where workos_slug = 'org-x' and "
        "deleted_at is null");
  }
  void bind(const std::string& subject, int made) {
    w.sql(
        "update rolecall.observed set incarnation = $2, incarnation_created_at = $2 "
        "where subject = $1",
        {subject, at_second(made)});
  }
  // The end of the former role was said, and seen; a POST of it may still land.
  void former_is_over() {
    w.sql("update rolecall.observed set echoed_version = 2, looked = true where subject = $1",
          {former_});
  }
  // A read of the slug showed the role that was made in this second; now it is compared.
  std::string read_shows(const std::string& subject, int made) {
    w.sql(
        "update rolecall.observed set pending_read = jsonb_build_object('begun_at', "
        "rolecall.json_time_v1(now()), 'noted_send', 1000000, 'shown', jsonb_build_object("
        "'incarnation', $2::text, 'created_at', $2::text)) where subject = $1",
        {subject, at_second(made)});
    return w.value(
        "select coalesce(f #>> '{read,shown,incarnation}', 'nothing') from "
        "rolecall.facts_v2(array[$1::text]) f",
        {subject});
  }
  std::string subject_of(int second) {
    return w.value("select subject from rolecall.inbox where event_id = $1 and family = 'role'",
                   {fmt::format("event_{:04}", second)});
  }
  std::string permissions_of(const std::string& subject) {
    return w.value("select permissions_subject from rolecall.organization_roles where subject = $1",
                   {subject});
  }
  std::string former_{};
  std::string heir_{};
  EventWorld w{};
};

TEST_F(Heirs, WhatTheStreamGaveToOneIsNotSeenByTheOther) {
  former_is_over();
  EXPECT_EQ(read_shows(former_, 4), at_second(4)) << "a late POST of its own may have made it";
  ASSERT_TRUE(w.record({role_told("created", "org-x", 4, 4)}));
  ASSERT_EQ(subject_of(4), heir_);
  EXPECT_EQ(read_shows(former_, 4), "nothing");
  EXPECT_EQ(read_shows(heir_, 4), at_second(4));
}

TEST_F(Heirs, WhatTheStreamHasNotGivenToAnybodyIsSeenByNobody) {
  former_is_over();
  bind(former_, 1);
  ASSERT_TRUE(w.record({role_told("deleted", "org-x", 1, 3), role_told("created", "org-x", 4, 4)}));
  ASSERT_EQ(subject_of(3), former_);
  ASSERT_EQ(subject_of(4), "");
  EXPECT_EQ(read_shows(heir_, 4), "nothing");
  EXPECT_EQ(read_shows(former_, 4), "nothing");
}

// A POST of the former role may still land that says just what the second event shows.
TEST_F(Heirs, LaterEventsOfARoleGoWhereItsFirstOneWent) {
  former_is_over();
  ASSERT_TRUE(w.record({role_told("created", "org-x", 4, 4)}));
  w.sql(
      "insert into rolecall.sends (subject, object_key, version, lease_token, operation, value, "
      "names_slugs) select subject, object_key, 1, 1, 'create', "
      "'{\"name\": \"Name 5\", \"description\": null}', '{org-x}' from rolecall.observed "
      "where subject = $1",
      {former_});
  ASSERT_TRUE(w.record({role_told("updated", "org-x", 4, 5)}));
  EXPECT_EQ(subject_of(5), heir_);
}

TEST_F(Heirs, PermissionsAreSeenOfTheirOwnRoleOnly) {
  bind(former_, 1);
  const std::string permissions = permissions_of(heir_);
  EXPECT_EQ(read_shows(permissions, 1), "nothing") << "they are the former role's";
  bind(heir_, 4);
  EXPECT_EQ(read_shows(permissions, 4), at_second(4));
}

TEST_F(Heirs, PermissionsWaitForTheirRole) {
  const std::string permissions = permissions_of(heir_);
  const auto unready = [&] {
    return w.value("select rolecall.facts_v2(array[$1::text]) ->> 'unready_slugs'", {permissions});
  };
  w.sql("delete from rolecall.subjects where subject = $1", {former_});
  EXPECT_EQ(unready(), R"(["org-x"])") << "also where nobody had the slug before";
  bind(heir_, 4);
  EXPECT_EQ(unready(), "[]");
}

}  // namespace
}  // namespace rolecall::testing
