// What a member was at WorkOS at an instant: events, answers and reads as evidence, kept for ever.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class HeldAtWorkos : public ::testing::Test {
 protected:
  // yes, no or unknown: the role of this slug at that second; of several the one that was made
  // `nth`.
  std::string held(const std::string& user, const std::string& slug, int second, int nth = 1) {
    return held_at(user, slug, at_second(second), nth);
  }
  std::string held_at(const std::string& user, const std::string& slug, const std::string& at,
                      int nth = 1) {
    return w.value(
        "select coalesce(case h.workos when true then 'yes' when false then 'no' end, 'unknown') "
        "from (select 'role:global:' || id as urn from rolecall.global_roles where workos_slug = "
        "$2 union all (select subject from rolecall.organization_roles where workos_slug = $2 "
        "order by created_at limit 1 offset $4::int - 1)) r, "
        "rolecall.held_role('acme', 'user_' || $1, r.urn, $3::timestamptz) h",
        {user, slug, at, std::to_string(nth)});
  }
  // The same question for each of the first seconds.
  std::string line(const std::string& user, const std::string& slug, int seconds, int nth = 1) {
    std::string line;
    for (int second = 0; second < seconds; ++second)
      line += held(user, slug, second, nth).substr(0, 1);
    return line;
  }
  void months_pass() {
    w.sql("update rolecall.inbox set applied_at = applied_at - interval '40 days'");
    w.sql("update rolecall.schedules set due_at = now() where name = 'maintain'");
    w.sql("select rolecall.maintain_v1($1::bigint)", {std::to_string(w.worker)});
  }
  std::string now() { return w.value("select clock_timestamp()"); }

  EventWorld w{};
};

// A member of whom nothing is heard in the stream: answers and reads are all that is known.
class HeldWithoutEvents : public HeldAtWorkos {
 protected:
  HeldWithoutEvents() {
    w.sql("select rolecall.disable_schedule('pull_events')");
    w.sql("select rolecall.upsert_user('ann', 'ann@x', 'user_ann')");
    w.sql("update rolecall.provider_control set visibility_ms = 0");
  }
  void change(const std::string& call) {
    w.sql("select rolecall." + call +
          " from (select 'role:global:' || max(id::text) filter (where workos_slug = 'admin') as "
          "admin, 'role:global:' || max(id::text) filter (where workos_slug = 'member') as member "
          "from rolecall.global_roles) r");
    w.take_in();
  }
  // Leases what is due and has it answered with what WorkOS shows afterwards ("": nothing).
  void delivered_at(const std::string& at) {
    const auto lease = w.lease_one(w.worker);
    std::string answer = "{}";
    if (!at.empty())
      answer = fmt::format(
          R"({{"incarnation":"om_1","created_at":"2026-03-01T12:00:00.000Z","updated_at":"{}",)"
          R"("status":"active","directory_managed":false,"value":{}}})",
          at, lease.desired);
    w.sql("select rolecall.settle_v1($1::bigint, $2::jsonb)",
          {std::to_string(w.worker),
           fmt::format(
               R"([{{"subject":"{}","token":{},"send":{},"outcome":"delivered","fate":"answered",)"
               R"("delay_ms":0,"counts":false,"failure":null,"answer":{},"look_at":[],)"
               R"("request_id":"req_1","call_ms":5}}])",
               lease.subject, lease.token, lease.send, answer)});
    w.reduce();
  }
  void read(const std::string& shown) {
    w.sql(
        "select rolecall.record_read_v1(jsonb_build_object('subject', 'member:acme:user_ann', "
        "'begun_at', rolecall.json_time_v1(clock_timestamp()), 'shown', $1::jsonb, "
        "'noted_version', (select version from rolecall.subjects where subject like 'member:%'), "
        "'noted_send', (select coalesce(max(id), 0) from rolecall.sends)))",
        {shown});
    w.reduce();
  }
  static std::string membership(const std::string& roles, int second,
                                const std::string& status = "active",
                                const std::string& id = "om_1", int created = 0) {
    return fmt::format(
        R"({{"incarnation":"{}","created_at":"{}","updated_at":"{}","status":"{}",)"
        R"("directory_managed":false,"value":{{"organization":"org_1","user":"user_ann",)"
        R"("roles":[{}]}}}})",
        id, at_second(created), at_second(second), status, roles);
  }
};

TEST_F(HeldAtWorkos, FollowsTheEventsAndKnowsNothingBeforeTheFirst) {
  w.tell({joined("ann", "admin", 2), changed("ann", "member", 4), changed("ann", "admin", 6),
          left("ann", 8)});
  EXPECT_EQ(line("ann", "admin", 10), "uuyynnyynn");
  EXPECT_EQ(line("ann", "member", 10), "uunnyynnnn");
}

TEST_F(HeldAtWorkos, ByAMembershipThatIsNotActiveIsNothing) {
  w.tell({joined("ann", "admin", 1, "", "pending"), changed("ann", "admin", 3),
          changed("ann", "admin", 5, "", "inactive"), changed("ann", "admin", 7)});
  EXPECT_EQ(line("ann", "admin", 9), "unnyynnyy");
}

TEST_F(HeldAtWorkos, AfterARejoinIsWhatTheNewMembershipHas) {
  w.tell({joined("ann", "admin", 1), left("ann", 3), joined("ann", "member", 20, "om_again")});
  EXPECT_EQ(line("ann", "admin", 5), "uyynn");
  EXPECT_EQ(held("ann", "admin", 21) + held("ann", "member", 21) + held("ann", "member", 2),
            "noyesno");
}

// The stream is told twice and late: an end is that of its own membership, whenever it is heard.
TEST_F(HeldAtWorkos, IsNotTakenByTheEndOfAnEarlierMembership) {
  w.tell({joined("ann", "member", 20, "om_again"), left("ann", 22)});
  EXPECT_EQ(w.outcome(22), "stale_incarnation");
  EXPECT_EQ(held("ann", "member", 23), "yes");
}

TEST_F(HeldAtWorkos, IsToldByAnEventThatLosesHere) {
  w.tell({joined("bob", "admin", 0), joined("ann", "admin member", 1)});
  w.sql("select rolecall.remove_member('acme', 'user_ann')");
  w.tell({changed("ann", "member", 3)});
  EXPECT_EQ(w.roles_of("ann"), "gone");
  EXPECT_EQ(line("ann", "admin", 5), "uyynn");
  EXPECT_EQ(held("ann", "member", 4), "yes") << "our removal has not reached WorkOS yet";
}

TEST_F(HeldAtWorkos, UnderASlugThatWasMadeAgainIsAnotherRole) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "org-x", 2),
          changed("ann", "member", 4), role_told("deleted", "org-x", 1, 4)});
  w.tell({role_told("created", "org-x", 6, 6), changed("ann", "org-x", 8)});
  EXPECT_EQ(line("ann", "org-x", 10), "uuyynnnnnn");
  EXPECT_EQ(line("ann", "org-x", 10, 2), "uunnnnnnyy");
}

// WorkOS does not promise that members of a role that ends have events of their own.
TEST_F(HeldAtWorkos, EndsWithItsRoleAndIsNotInheritedByTheNextOne) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "member org-x", 2),
          role_told("deleted", "org-x", 1, 4)});
  w.tell({role_told("created", "org-x", 6, 6)});
  EXPECT_EQ(line("ann", "org-x", 8), "uuyynnnn");
  EXPECT_EQ(line("ann", "org-x", 8, 2), "uunnnnnn");
  months_pass();
  EXPECT_EQ(line("ann", "org-x", 8), "uuyynnnn");
  EXPECT_EQ(w.number("select count(*) from rolecall.inbox"), 0);
}

TEST_F(HeldAtWorkos, UnderASlugOfARoleThatIsNotKnownYetIsUnknown) {
  w.sql("select rolecall.create_role('acme', 'Late', null, 'org-late')");
  w.tell({joined("ann", "member org-late", 5)});
  EXPECT_EQ(held("ann", "org-late", 6), "unknown");
}

TEST_F(HeldAtWorkos, OutlivesItsEvents) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "admin org-x", 2),
          changed("ann", "admin", 3, "", "inactive"), changed("ann", "member", 5), left("ann", 7)});
  w.tell({joined("ann", "org-x", 20, "om_again")});
  std::string before;
  for (const std::string slug : {"admin", "member", "org-x"}) before += line("ann", slug, 25) + " ";
  months_pass();
  EXPECT_EQ(w.number("select count(*) from rolecall.inbox"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.effective_states where source = 'event'"), 5);
  std::string after;
  for (const std::string slug : {"admin", "member", "org-x"}) after += line("ann", slug, 25) + " ";
  EXPECT_EQ(after, before);
  EXPECT_NE(before.find('y'), std::string::npos);
}

TEST_F(HeldAtWorkos, IsNotAnsweredForTheFuture) {
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(held_at("ann", "admin", now()), "yes");
  EXPECT_EQ(held_at("ann", "admin", "2100-01-01"), "unknown");
}

TEST_F(HeldWithoutEvents, IsWhatEachAnswerSaidAlsoOfVersionsThatWereNeverConfirmed) {
  change("add_member('acme', 'ann', array[r.admin])");
  delivered_at(at_second(2));
  change("set_member_roles('acme', 'ann', array[r.admin, r.member])");
  delivered_at(at_second(5));
  change("set_member_roles('acme', 'ann', array[r.admin])");
  delivered_at(at_second(7));
  EXPECT_EQ(line("ann", "member", 9), "uunnnyynn");
  EXPECT_EQ(line("ann", "admin", 9), "uuyyyyyyy");
}

TEST_F(HeldWithoutEvents, IsWhatAReadShowed) {
  change("add_member('acme', 'ann', array[r.admin])");
  delivered_at(at_second(2));
  read(membership(R"("admin")", 2));
  read(membership(R"("admin","member")", 4));
  read(membership(R"("admin","member")", 6, "inactive"));
  EXPECT_EQ(line("ann", "member", 8), "uunnyynn");
  EXPECT_EQ(w.number("select count(*) from rolecall.effective_states"), 3)
      << "what is seen again is not written again";
}

// Nobody told when: not before it was last seen, and not after a look found nothing.
TEST_F(HeldWithoutEvents, IsUnknownBetweenTheLastLookAndTheOneThatFoundNothing) {
  change("add_member('acme', 'ann', array[r.admin])");
  delivered_at(at_second(2));
  read(membership(R"("admin")", 2));
  const auto between = now();
  read("{}");
  read("{}");
  EXPECT_EQ(w.roles_of("ann"), "gone");
  EXPECT_EQ(held("ann", "admin", 3), "yes");
  EXPECT_EQ(held_at("ann", "admin", between), "unknown");
  EXPECT_EQ(held_at("ann", "admin", now()), "no");
  EXPECT_EQ(w.value("select effective_at is null from rolecall.confirmations order by version desc "
                    "limit 1"),
            "t")
      << "updated_at of what went is not the time at which it went";
}

TEST_F(HeldWithoutEvents, ByAMembershipOfOursEndsWhileTheDeletionIsOnItsWay) {
  change("add_member('acme', 'ann', array[r.member])");
  delivered_at(at_second(2));
  read(membership(R"("member")", 2));
  change("remove_member('acme', 'ann')");
  const auto decided = now();
  delivered_at("");
  EXPECT_EQ(held_at("ann", "member", decided), "yes");
  EXPECT_EQ(held_at("ann", "member", now()), "no");
}

TEST_F(HeldWithoutEvents, IsUnknownWhileAnotherMembershipWasThereThatNobodySaw) {
  change("add_member('acme', 'ann', array[r.admin])");
  delivered_at(at_second(2));
  read(membership(R"("admin")", 2));
  read(membership(R"("member")", 30, "active", "om_2", 20));
  EXPECT_EQ(held("ann", "admin", 10) + held("ann", "admin", 25) + held("ann", "member", 31),
            "yesunknownyes");
}

TEST_F(HeldWithoutEvents, ThatALookTookForGoneAndFoundAgainNeverEnded) {
  change("add_member('acme', 'ann', array[r.admin])");
  delivered_at(at_second(2));
  read(membership(R"("admin")", 2));
  read("{}");
  read("{}");
  EXPECT_EQ(w.roles_of("ann"), "gone");
  const auto gone = now();
  EXPECT_EQ(held_at("ann", "admin", gone), "no");
  read(membership(R"("admin")", 2));
  EXPECT_EQ(held_at("ann", "admin", gone), "yes");
}

}  // namespace
}  // namespace rolecall::testing
