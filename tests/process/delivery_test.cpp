// The main path with the real programs: SQL in, WorkOS's lists out.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using std::chrono::seconds;

const char* const kMembers =
    "/user_management/organization_memberships?organization_id=org_1&statuses=active,inactive,"
    "pending";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string create_role(Stand& stand, const std::string& name) {
  return stand.db().value("select subject from rolecall.create_role('acme', $1)", {name});
}

TEST(Delivery, ARoleAndItsMemberReachWorkos) {
  Stand stand;
  stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.db().sql("select rolecall.add_member('acme', 'ann', array[$1])", {urn});
  stand.settle();
  EXPECT_TRUE(contains(stand.api("/authorization/organizations/org_1/roles"), "\"org-billing\""));
  EXPECT_TRUE(contains(stand.api(kMembers), "\"org-billing\""));
}

TEST(Delivery, ARemovedMemberAndADeletedRoleAreGoneAtWorkos) {
  Stand stand;
  stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.db().sql("select rolecall.add_member('acme', 'ann', array[$1])", {urn});
  stand.db().sql("select rolecall.add_member('acme', 'bob', array[$1])", {urn});
  stand.settle();
  stand.db().sql("select rolecall.remove_member('acme', 'bob')");
  stand.db().sql("select rolecall.delete_role($1)", {urn});
  stand.settle();
  EXPECT_FALSE(contains(stand.api("/authorization/organizations/org_1/roles"), "org-billing"));
  const auto members = stand.api(kMembers);
  EXPECT_TRUE(contains(members, "user_ann"));
  EXPECT_FALSE(contains(members, "user_bob"));
}

TEST(Delivery, AnAnswerLostAfterTheWriteDoesNotAdmitTwice) {
  Stand stand;
  stand.fault("POST", "/user_management/organization_memberships", "apply_then_reset",
              "\"count\":1");
  stand.start_worker();
  stand.db().sql(
      "select rolecall.add_member('acme', 'ann', array[(select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'admin')])");
  stand.settle();
  const auto log = stand.control("GET", "/_emulator/log");
  const std::string post = "\"method\":\"POST\",\"path\":\"/user_management/organization_memb";
  const auto first = log.find(post);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find(post, first + 1), std::string::npos) << "the create was repeated blindly";
}

TEST(Delivery, EditsDuringAnOutageCostOneCallEach) {
  Stand stand;
  const auto urn = create_role(stand, "Billing");
  stand.start_worker();
  stand.settle();
  stand.control("POST", "/_emulator/faults",
                R"({"match":{"method":"PATCH","path":".*"},"action":"status","status":503})");
  for (int i = 0; i < 50; ++i)
    stand.db().sql("select rolecall.update_role($1, description => $2)",
                   {urn, "step " + std::to_string(i)});
  stand.until("select (attempts + leases > 0)::text from rolecall.lanes where subject = '" + urn +
                  "' and wanted_version = 51",
              "true");
  stand.control("DELETE", "/_emulator/faults");
  stand.settle();
  EXPECT_TRUE(contains(stand.api("/authorization/organizations/org_1/roles"), "step 49"));
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all where state in "
                             "('superseded', 'delivered')"),
            "51");
}

TEST(Delivery, ADeadRowIsDeliveredAfterRetry) {
  Stand stand;
  stand.fault("POST", "/authorization/organizations/org_1/roles", "status",
              "\"status\":400,\"count\":1");
  stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.until("select state from rolecall.lanes where subject = '" + urn + "'", "dead");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.attention where reason = 'dead'"), "1");
  const auto id = stand.db().value(
      "select id::text from rolecall.outbox_all where subject = $1 and state = 'dead'", {urn});
  EXPECT_EQ(stand.db().value("select rolecall.retry($1::bigint)", {id}), "requeued");
  stand.settle();
  EXPECT_EQ(stand.db().value("select rolecall.retry($1::bigint)", {id}), "settled");
}

TEST(Delivery, ARetryOfAReplacedRowSaysSoAndDoesNothing) {
  Stand stand;
  stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.settle();
  stand.db().sql("select rolecall.update_role($1, name => 'Invoices')", {urn});
  stand.settle();
  const auto first =
      stand.db().value("select min(id)::text from rolecall.outbox_all where subject = $1", {urn});
  const auto answer = stand.db().value("select rolecall.retry($1::bigint)", {first});
  EXPECT_TRUE(answer == "settled" || contains(answer, "superseded by ")) << answer;
  EXPECT_EQ(stand.db().value("select state from rolecall.lanes where subject = $1", {urn}), "idle");
}

TEST(I8_NoOpenTransaction, WhileACallIsInFlight) {
  Stand stand;
  stand.fault("POST", ".*", "stall", "\"count\":1");
  stand.start_worker();
  create_role(stand, "Billing");
  stand.until([&] { return contains(stand.control("GET", "/_emulator/log"), "\"POST\""); },
              "the call is in flight");
  const auto in_flight = stand.db().value("select clock_timestamp()::text");
  // Other work of the worker goes on in short transactions; those that the call could have kept
  // open were there before it.
  stand.until(
      "select count(*)::text from pg_stat_activity where datname = current_database() and "
      "application_name like 'rolecall%' and xact_start < '" +
          in_flight + "'",
      "0");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.lanes where state = 'leased'"), "1");
}

TEST(Delivery, SigtermDrainsAndExitsZero) {
  Stand stand;
  auto& worker = stand.start_worker();
  create_role(stand, "Billing");
  stand.settle();
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(seconds(30)), 0);
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.worker_sessions where retired_because "
                             "= 'closed'"),
            "1");
}

TEST(Delivery, AKilledWorkersLanesAreTakenOverByAnother) {
  Stand stand;
  stand.fault("POST", ".*", "stall", "\"count\":1");
  auto& doomed = stand.start_worker();
  create_role(stand, "Billing");
  stand.until("select count(*) from rolecall.lanes where state = 'leased'", "1");
  doomed.kill();
  stand.start_worker();
  stand.settle();
  EXPECT_EQ(stand.db().value(
                "select count(*) from rolecall.worker_sessions where retired_because = 'lost'"),
            "1");
}

TEST(Delivery, AStoppedWorkerSendsNothingAfterItsLeaseAndTheNewestStays) {
  Stand stand;
  auto& stopped = stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.settle();
  stopped.signal(SIGSTOP);
  stand.start_worker();
  for (int i = 0; i < 20; ++i)
    stand.db().sql("select rolecall.update_role($1, description => $2)",
                   {urn, "step " + std::to_string(i)});
  stand.settle();
  stopped.signal(SIGCONT);
  stand.db().sql("select rolecall.update_role($1, description => 'last')", {urn});
  stand.settle();
  EXPECT_TRUE(contains(stand.api("/authorization/organizations/org_1/roles"), "\"last\""));
}

}  // namespace
}  // namespace rolecall::testing
