// Two versions of the program at once, and a schema that changes under a running worker.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "outbox/pg/pg_store.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

std::string create_role(Stand& stand, const std::string& name) {
  return stand.db().value("select subject from rolecall.create_role('acme', $1)", {name});
}

// A program of the next version, as the database sees it: it knows one kind more.
class NewerProgram {
 public:
  explicit NewerProgram(TestDatabase& database)
      : store_(make_pg_store({.database_url = database.store_url(),
                              .connections = 1,
                              .statement_timeout = Millis{5'000},
                              .executor = loop_.executor()})) {
    const SessionRequest request{
        .program_version = "0.2.0", .host = "newer", .process_id = ::getpid()};
    worker_ = loop_.run(store_->open_session(request)).value();
  }

  std::vector<Lease> lease() {
    const LeaseRequest request{.worker = worker_, .limit = 10, .kinds = {"thing.push"}};
    return loop_.run(store_->lease_due(request)).value().leases;
  }
  void settle_delivered(const Lease& lease) {
    Settlement settlement{.subject = lease.subject,
                          .token = lease.token,
                          .send = lease.send,
                          .outcome = Outcome::delivered,
                          .fate = SendFate::unsent};
    ASSERT_TRUE(loop_.run(store_->settle(worker_, std::vector<Settlement>{settlement})));
  }

 private:
  Loop loop_;
  std::unique_ptr<Store> store_;
  WorkerId worker_{};
};

TEST(Upgrade, ARowOfAKindOfTheNextVersionIsLeftToIt) {
  Stand stand;
  stand.start_worker();
  stand.db().sql("select rolecall.enqueue('acme', 'thing:1', 'thing.push', '{\"a\":1}')");
  create_role(stand, "Billing");
  stand.until("select state from rolecall.convergence where subject <> 'thing:1'", "confirmed");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.sends where subject = 'thing:1'"), "0");
  NewerProgram newer(stand.db());
  const auto leases = newer.lease();
  ASSERT_EQ(leases.size(), 1U) << "the older one took it in, and left it";
  EXPECT_EQ(leases[0].desired, R"({"a":1})");
  newer.settle_delivered(leases[0]);
  create_role(stand, "Support");
  stand.until("select count(*) from rolecall.convergence where state = 'confirmed'", "2");
  EXPECT_EQ(stand.db().value("select count(distinct program_version) from rolecall.workers"), "2");
}

TEST(Upgrade, FunctionsAreReplacedUnderARunningWorker) {
  Stand stand;
  auto& worker = stand.start_worker();
  worker.address();  // it has looked at the functions
  for (int n = 0; n < 10; ++n) {
    create_role(stand, "Role " + std::to_string(n));
    stand.db().sql("update rolecall.schema_objects set digest = 'of another version'");
    const auto migrated = stand.rolecall({"migrate"});
    ASSERT_EQ(migrated.exit_code, 0) << migrated.output;
  }
  stand.settle();
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.convergence where state = 'confirmed'"),
            "10");
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(std::chrono::seconds(30)), 0) << worker.output();
}

// A worker of the next version calls functions of its own, on the same rows.
TEST(Upgrade, TwoVersionsOfAFunctionLeaseNoLaneTwice) {
  Stand stand;
  auto& db = stand.db();
  db.sql(R"(do $$ begin execute replace(
      pg_get_functiondef('rolecall.lease_due_v1(bigint, int, int, text[], text[])'::regprocedure),
      'lease_due_v1', 'lease_due_v2'); end $$)");
  for (int n = 0; n < 30; ++n) create_role(stand, "Role " + std::to_string(n));
  const auto newer = db.value("select rolecall.open_session_v1(false, '0.2.0', 'newer', 1)");
  db.sql("select rolecall.take_in_v1(100)");
  const auto leased = db.value(
      "select jsonb_array_length(rolecall.lease_due_v2($1::bigint, 10, 30000, "
      "rolecall.known_kinds()) -> 'leases')",
      {newer});
  EXPECT_EQ(leased, "10");
  stand.start_worker();
  stand.until("select count(*) from rolecall.convergence where state = 'confirmed'", "20");
  EXPECT_EQ(db.value("select count(*) from rolecall.lanes where state = 'leased' and leased_by = " +
                     newer),
            "10")
      << "what the newer version holds is left to it";
  db.sql("update rolecall.lanes set lease_expires_at = clock_timestamp() where leased_by = " +
         newer);
  stand.settle();
  EXPECT_EQ(db.value("select count(*) from rolecall.convergence where state = 'confirmed'"), "30");
}

}  // namespace
}  // namespace rolecall::testing
