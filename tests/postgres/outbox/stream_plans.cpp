// What a page of events costs while tens of thousands of them wait: its own rows, whatever was
// known of the tables when the statements were planned.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"
#include "tests/postgres/outbox/plan_reading.hpp"
#include "tests/postgres/outbox/witness.hpp"

namespace rolecall::testing {
namespace {

constexpr int kMembers = 10'000;
constexpr int kEvents = 4 * kMembers;  // that wait, four of each member
constexpr int kPage = 100;

enum class Statistics { none, of_empty_tables };

class StreamPlans : public ::testing::TestWithParam<Statistics> {
 protected:
  StreamPlans() {
    w.end_of_stream();  // the link of the organization has been worked through
    for (const auto* table :
         {"inbox", "observed", "subjects", "organization_memberships", "lanes", "guard_holds"})
      w.sql(fmt::format("alter table rolecall.{} set (autovacuum_enabled = off)", table));
    if (GetParam() == Statistics::of_empty_tables) w.sql("analyze");
    w.sql("set session_replication_role = replica");  // no look at foreign keys
    w.sql(
        "insert into rolecall.organization_memberships (organization_id, workos_user_id, "
        "deleted_at) select 'acme', 'user_' || n, now() from generate_series(1, $1::int) n",
        {std::to_string(kMembers)});
    w.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select subject, organization_id, 'member:org_1:' || workos_user_id, 1, "
        "'member.remove', '{}' from rolecall.organization_memberships");
    w.sql(
        "insert into rolecall.observed (subject, organization_id, object_key, reduce_due_at) "
        "select subject, organization_id, object_key, now() from rolecall.subjects");
    w.sql(
        "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
        "organization_id, subject) select 'event_' || n, 'organization_membership.updated', "
        "'2026-01-01T00:00:00Z', 'member', 'org_1', 'user_' || 1 + n % $1::int, 'acme', "
        "'member:acme:user_' || 1 + n % $1::int from generate_series(1, $2::int) n",
        {std::to_string(kMembers), std::to_string(kEvents)});
    // The mass-revoke guard holds all of them.
    w.sql(
        "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
        "wanted_version, wanted_id, owed_since_id, delivered_version, enqueued_at, desired, "
        "next_attempt_at) select subject, organization_id, kind, 2, 'held', 1, row_number() over "
        "(), row_number() over (), 1, now(), desired, now() from rolecall.subjects");
    w.sql(
        "insert into rolecall.guard_holds (subject, version, organization_id, source, held, lost, "
        "revoked, assignments) select subject, 1, organization_id, 'reducer', true, 1, $1::int, "
        "$1::int from rolecall.subjects",
        {std::to_string(kMembers)});
    w.sql("reset session_replication_role");
  }

  // A page of this many events, half of them of members whom nobody knows.
  std::string plans_of_page(const std::string& after, int events, bool is_end) {
    w.grant();
    return Witness(w.database().url())
        .plans_of(fmt::format(
            "select rolecall.record_events_v1({}, jsonb_build_object('organization', '', 'after', "
            "'{}', 'end', {}, 'refused_types', '[]'::jsonb, 'roles', null, 'begun_at', now(), "
            "'last_at', '2026-01-01T00:00:01Z', 'last_id', '{}', 'events', (select coalesce("
            "jsonb_agg(jsonb_build_object('id', 'event_new_' || n, 'type', "
            "'organization_membership.updated', 'at', '2026-01-01T00:00:01Z', 'actor', '', "
            "'family', 'member', 'organization', 'org_1', 'name', 'user_' || {} - {} + n, "
            "'problem', null, 'shown', '{{}}'::jsonb)), '[]') from generate_series(1, {}) n)))",
            w.worker, after, is_end, events == 0 ? "" : "event_new", kMembers, kPage / 2, events));
  }

  EventWorld w;
};

TEST_P(StreamPlans, APageReadsItsOwnRowsAndItsEndReadsEachThatWaitsOnce) {
  const std::string page = plans_of_page("", kPage, false);
  EXPECT_EQ(w.value("select count(*) from rolecall.inbox where event_id like 'event_new%'"),
            std::to_string(kPage));
  EXPECT_LE(most_rows(page), 2 * kPage) << page.substr(0, 20'000);
  const std::string end = plans_of_page("event_new", 0, true);
  EXPECT_LE(most_rows(end), kEvents + kPage) << end.substr(0, 20'000);
}

INSTANTIATE_TEST_SUITE_P(Stream, StreamPlans,
                         ::testing::Values(Statistics::none, Statistics::of_empty_tables),
                         [](const auto& info) {
                           return info.param == Statistics::none ? "WithoutStatistics"
                                                                 : "WithThoseOfEmptyTables";
                         });

}  // namespace
}  // namespace rolecall::testing
