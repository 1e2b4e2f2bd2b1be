// The stream of events from end to end: what somebody does in the dashboard is here by a worker
// that has nothing else to do, though nobody logs in and no webhook comes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

class FollowedStream : public ::testing::Test {
 protected:
  FollowedStream() {
    stand.db().sql("update rolecall.schedules set every_ms = 200 where name = 'pull_events'");
    stand.db().sql("select rolecall.start_events()");
  }
  // As a person would in the dashboard: no call of ours, and no row here knows of it.
  void edit(const std::string& method, const std::string& path, const std::string& body) {
    stand.control(
        "POST", "/_emulator/edit",
        fmt::format(R"({{"method":"{}","path":"/user_management/organization_memberships{}",)"
                    R"("body":{}}})",
                    method, path, body));
  }
  void until_holds(const std::string& slugs) {
    stand.until(
        "select coalesce(string_agg(g.workos_slug, ' ' order by g.workos_slug), '') "
        "from rolecall.organization_role_assignments a join rolecall.global_roles g "
        "on 'role:global:' || g.id = a.role_urn where a.deleted_at is null",
        slugs);
  }
  std::string membership() {
    return stand.db().value(
        "select workos_membership_id from rolecall.organization_memberships where deleted_at is "
        "null");
  }
  // The stream was read to its end by a pull that began after this call.
  void until_read_again() {
    const auto now = stand.db().value("select clock_timestamp()");
    stand.until("select pulled_at > '" + now + "' from rolecall.event_stream", "t");
  }
  Stand stand{};
};

TEST_F(FollowedStream, BringsInWhatTheDashboardDoes) {
  stand.start_worker();
  until_read_again();
  edit("POST", "", R"({"organization_id":"org_1","user_id":"user_eve","role_slugs":["member"]})");
  until_holds("member");
  const auto id = membership();
  edit("PUT", "/" + id, R"({"role_slugs":["admin","member"]})");
  until_holds("admin member");
  edit("DELETE", "/" + id, "null");
  until_holds("");
  EXPECT_EQ(stand.db().value("select user_id || ' ' || (deleted_at is not null) from "
                             "rolecall.organization_memberships"),
            "eve true");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all"), "0")
      << "WorkOS has it already";
}

TEST_F(FollowedStream, IsReadOnByAWorkerThatIsQuietForLong) {
  stand.start_worker();
  for (int pulls = 0; pulls < 10; ++pulls) until_read_again();
  EXPECT_EQ(stand.db().value("select failing_since is null from rolecall.event_stream"), "t");
}

TEST_F(FollowedStream, IsReadOnWhereAKilledWorkerStopped) {
  Process& first = stand.start_worker();
  until_read_again();
  edit("POST", "", R"({"organization_id":"org_1","user_id":"user_eve","role_slugs":["member"]})");
  until_holds("member");
  const auto id = membership();
  first.kill();
  edit("PUT", "/" + id, R"({"role_slugs":["admin"]})");
  stand.start_worker();
  until_holds("admin");
  EXPECT_EQ(stand.db().value("select count(*) = count(distinct event_id || family) from "
                             "rolecall.inbox"),
            "t");
}

TEST_F(FollowedStream, ConfirmsWhatWasSaidHere) {
  stand.start_worker();
  until_read_again();
  stand.db().sql(
      "select rolecall.add_member('acme', 'ann', array[(select 'role:global:' || id "
      "from rolecall.global_roles where workos_slug = 'member')])");
  stand.settle();
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all"), "1")
      << "its echo makes nothing new";
  EXPECT_EQ(stand.db().value("select seen_source from rolecall.observed"), "event");
}

}  // namespace
}  // namespace rolecall::testing
