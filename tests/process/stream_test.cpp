// WorkOS's events against the programs themselves: dashboard edits arrive, own writes are confirmed
// by their echo, webhooks hurry, and workers that die lose nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

class EventStream : public ::testing::Test {
 protected:
  EventStream() {
    stand.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
    stand.db().sql("select rolecall.start_events()");
  }

  void edit(const std::string& method, const std::string& path, const std::string& body = "null") {
    stand.control("POST", "/_emulator/edit",
                  fmt::format(R"({{"method":"{}","path":"{}","body":{}}})", method, path, body));
  }
  void join(const std::string& user, const std::string& slug) {
    edit("POST", "/user_management/organization_memberships",
         fmt::format(R"({{"organization_id":"org_1","user_id":"{}","role_slugs":["{}"]}})", user,
                     slug));
  }
  std::string membership(const std::string& user) {
    return "/user_management/organization_memberships/" +
           stand.db().value(
               "select workos_membership_id from rolecall.organization_memberships "
               "where workos_user_id = $1",
               {user});
  }
  void until_holds(const std::string& user, const std::string& slugs) {
    stand.until(
        "select coalesce((select string_agg(r.slug, ' ' order by r.slug) from "
        "rolecall.roles_of('acme', '" +
            user + "') r), '')",
        slugs);
  }
  void add(const std::string& person, const std::string& slug) {
    stand.db().sql(
        "select rolecall.add_member('acme', $1, array[(select 'role:global:' || id "
        "from rolecall.global_roles where workos_slug = $2)])",
        {person, slug});
  }
  int reads() {
    const auto log = stand.control("GET", "/_emulator/log");
    int count = 0;
    for (std::size_t at = 0;
         (at = log.find(R"("method":"GET","path":"/user_management)", at)) != std::string::npos;
         ++at)
      ++count;
    return count;
  }

  Stand stand{};
};

TEST_F(EventStream, ADashboardEditIsFollowedAndNotSaidAgain) {
  stand.start_worker();
  join("user_ann", "member");
  until_holds("user_ann", "member");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["admin"]})");
  until_holds("user_ann", "admin");
  edit("DELETE", membership("user_ann"));
  stand.until("select deleted_at is not null from rolecall.organization_memberships", "t");
  stand.settle();
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all"), "0");
}

// As an older program leaves an event that it cannot read.
TEST_F(EventStream, AReplayReadsWhatCouldNotBeReadBeforeAndFreesItsOrganization) {
  stand.start_worker();
  join("user_ann", "member");
  until_holds("user_ann", "member");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["admin"]})");
  until_holds("user_ann", "admin");
  stand.db().sql(
      "with unread as (update rolecall.inbox set applied_at = null, outcome = null, problem = "
      "'not known' where seq = (select max(seq) from rolecall.inbox) returning *) select "
      "rolecall.park_v1(workos_organization_id, seq, problem) from unread");
  ASSERT_EQ(stand.db().value("select rolecall.replay_organization('acme')"), "replaying");
  stand.until("select count(*) from rolecall.inbox where applied_at is null", "0");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.workos_organization_syncs where "
                             "parked_at is not null or replay_asked_at is not null"),
            "0");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.attention"), "0");
  until_holds("user_ann", "admin");
}

// Nothing is to be said, and nothing to be read: the pull itself finds out.
TEST_F(EventStream, GoesOnAfterAnOutageInWhichNobodyHadAnythingToSay) {
  stand.start_worker();
  join("user_ann", "member");
  until_holds("user_ann", "member");
  stand.settle();
  stand.db().sql(
      "update rolecall.provider_state set state = 'open', since = now(), probe_at = now() + "
      "interval '1 s'");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["admin"]})");
  until_holds("user_ann", "admin");
  stand.until("select state from rolecall.provider_state", "up");
}

TEST_F(EventStream, AnOwnWriteIsConfirmedByItsEchoWithoutALookAtWorkos) {
  // An echo that takes longer than this is looked for.
  stand.db().sql("update rolecall.provider_control set visibility_ms = 30000");
  stand.start_worker();
  add("ann", "member");
  stand.settle();
  const int first = reads();  // a create looks before it says
  stand.db().sql(
      "select rolecall.set_member_roles('acme', 'ann', array[(select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'admin')])");
  stand.until("select confirmed_version from rolecall.convergence", "2");
  EXPECT_EQ(reads(), first);
  EXPECT_EQ(stand.db().value("select source from rolecall.confirmations where version = 2"),
            "event");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.audit_log where action in ('adopted', "
                             "'external_join', 'external_remove')"),
            "0")
      << "our own writes are nobody else's";
}

TEST_F(EventStream, AnEditMadeWhileOursIsOnItsWayIsMergedByElement) {
  add("ann", "admin");
  stand.start_worker();
  stand.settle();
  stand.fault("PUT", ".*organization_memberships.*", "delay", R"("delay_ms":300,"count":1)");
  stand.db().sql(
      "select rolecall.add_member_role('acme', 'ann', (select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'member'))");
  edit("POST", "/authorization/organizations/org_1/roles", R"({"name":"X","slug":"org-x"})");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["admin","org-x"]})");
  until_holds("user_ann", "admin member org-x");
  stand.settle();
  const auto state = stand.control("GET", "/_emulator/state");
  EXPECT_NE(state.find(R"("role_slugs":["admin","member","org-x"])"), std::string::npos) << state;
}

TEST_F(EventStream, ARoleOfTheDashboardArrivesWithItsHoldersAndLeavesWithThem) {
  stand.start_worker();
  edit("POST", "/authorization/organizations/org_1/roles", R"({"name":"X","slug":"org-x"})");
  join("user_ann", "org-x");
  until_holds("user_ann", "org-x");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["member"]})");
  edit("DELETE", "/authorization/organizations/org_1/roles/org-x");
  stand.until("select deleted_at is not null from rolecall.organization_roles", "t");
  edit("POST", "/authorization/organizations/org_1/roles", R"({"name":"Y","slug":"org-x"})");
  stand.until("select string_agg(name, ' ' order by created_at) from rolecall.organization_roles",
              "X Y");
  until_holds("user_ann", "member");
  stand.settle();
}

TEST_F(EventStream, AnEnvironmentRoleOfTheDashboardIsKnownByItsName) {
  stand.start_worker();
  edit("POST", "/authorization/roles", R"({"name":"Billing","slug":"billing"})");
  join("user_ann", "billing");
  until_holds("user_ann", "billing");
  EXPECT_EQ(
      stand.db().value("select name from rolecall.global_roles where workos_slug = 'billing'"),
      "Billing");
}

TEST_F(EventStream, EventsThatAreHeldBackAndWorkersThatDieLoseNothing) {
  stand.control("POST", "/_emulator/config", R"({"event_delay_ms":300})");
  auto& first = stand.start_worker();
  join("user_ann", "member");
  join("user_bob", "admin");
  first.kill();
  stand.start_worker();
  until_holds("user_ann", "member");
  until_holds("user_bob", "admin");
  EXPECT_EQ(stand.db().value("select count(*) = count(distinct event_id) from rolecall.inbox"),
            "t");
}

TEST_F(EventStream, AWebhookHurriesThePullAndAppliesNothingItself) {
  stand.db().sql("update rolecall.schedules set every_ms = 3600000 where name = 'pull_events'");
  stand.control("POST", "/_emulator/config", R"({"event_delay_ms":200})");
  auto& worker = stand.start_worker({{"WORKOS_WEBHOOK_SECRET", "whsec_test"}});
  stand.until("select pulled_at is not null from rolecall.event_stream", "t");
  stand.control(
      "POST", "/_emulator/config",
      fmt::format(R"({{"webhook":{{"url":"http://{}/webhooks/workos","secret":"whsec_test"}}}})",
                  worker.address()));
  join("user_ann", "member");
  until_holds("user_ann", "member");
}

TEST_F(EventStream, ALoginWithTheStreamOnMakesThePullDueAndIsHealedByIt) {
  stand.start_worker();
  add("ann", "member");
  stand.settle();
  stand.db().sql("update rolecall.schedules set every_ms = 3600000 where name = 'pull_events'");
  stand.until(
      "select due_at > now() + interval '1 min' from rolecall.schedules where name = "
      "'pull_events'",
      "t");
  edit("PUT", membership("user_ann"), R"({"role_slugs":["admin"]})");
  EXPECT_EQ(stand.db().value("select rolecall.observe_member_roles('acme', 'user_ann', "
                             "array['admin'], now() + interval '1 s')"),
            "asked");
  until_holds("user_ann", "admin");
}

}  // namespace
}  // namespace rolecall::testing
