// The schedule `reconcile`: organizations have their turns, in one worker of all, and what may be
// repaired is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/process/reconcile_world.hpp"

namespace rolecall::testing {
namespace {

class ReconcileSchedule : public ::testing::Test {
 protected:
  // Each of the four organizations (acme is one) within this time.
  void every(int ms) {
    world.db().sql("update rolecall.schedules set every_ms = $1::int where name = 'reconcile'",
                   {std::to_string(ms)});
  }
  void enable() { world.db().sql("select rolecall.enable_schedule('reconcile')"); }
  std::string value(const std::string& sql) { return world.value(sql); }

  ReconcileWorld world{{.organizations = 3, .members = 2, .roles = 1, .strangers = 1}};
};

TEST_F(ReconcileSchedule, IsOffUntilAnOperatorSaysSo) {
  EXPECT_EQ(value("select enabled from rolecall.schedules where name = 'reconcile'"), "f");
  EXPECT_EQ(value("select count(*) from rolecall.reconciliations"), "0");
}

TEST_F(ReconcileSchedule, GivesEachOrganizationItsTurnAndReportsWhatDiffers) {
  every(200);
  world.edit_roles(world.members[0], R"("admin")");
  enable();
  world.stand().until("select checked from rolecall.reconciliation_status", "4");
  world.stand().until("select string_agg(class || ' ' || subject, ', ') from rolecall.drift",
                      "external_edit " + world.members[0].subject());
  world.stand().until("select min(pass) >= 3 from rolecall.reconciliations", "t");
  EXPECT_EQ(value("select max(pass) - min(pass) <= 2 from rolecall.reconciliations"), "t")
      << "nobody has two turns before the others";
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'adopted'"), "0")
      << "it is reported only";
}

TEST_F(ReconcileSchedule, RepairsTheClassesThatItMay) {
  world.stop_worker();
  world.edit_roles(world.members[0], R"("admin")");
  world.set_roles(world.members[2], {"admin"});
  world.forget_to_send(world.members[2].subject());
  every(200);
  enable();
  world.start_worker();
  world.stand().until(
      "select confirmed_version = desired_version from rolecall.convergence where subject = '" +
          world.members[2].subject() + "'",
      "t");
  world.stand().until("select string_agg(class || ' ' || subject, ', ') from rolecall.drift",
                      "external_edit " + world.members[0].subject());
  world.db().sql(
      "update rolecall.reconcile_policies set repair = true where class = "
      "'external_edit'");
  world.stand().until("select count(*) from rolecall.drift", "0");
  world.settle();
  EXPECT_EQ(world.differences(), std::set<std::string>{});
}

TEST_F(ReconcileSchedule, IsOneWorkersAtATimeAndOutlivesIt) {
  every(100);
  auto& first = world.stand().start_worker();
  world.stand().start_worker();
  enable();
  world.stand().until("select min(pass) >= 2 and count(*) = 4 from rolecall.reconciliations", "t");
  first.kill();
  world.stop_worker();
  const auto pass = value("select sum(pass) from rolecall.reconciliations");
  world.stand().until("select sum(pass) > " + pass + " + 4 from rolecall.reconciliations", "t");
  EXPECT_EQ(value("select failing from rolecall.reconciliation_status"), "0");
}

TEST_F(ReconcileSchedule, WhatIsDeliveredAndUnconfirmedForTooLongComesFirst) {
  every(86'400'000);
  world.db().sql("update rolecall.provider_control set unconfirmed_bound_ms = 1000");
  world.stop_worker();
  // Its proof was never read; and it is nobody's turn but o2's.
  world.db().sql(
      "update rolecall.observed set confirmed_version = 1, verify_at = now() - interval '1 min', "
      "reading_until = 'infinity' where subject = $1",
      {world.members[5].subject()});
  enable();
  world.start_worker();
  world.stand().until(
      "select organization_id from rolecall.reconciliations where pass = 1 order by begun_at limit "
      "1",
      "o2");
  world.stand().until(
      "select confirmed_version = desired_version from rolecall.convergence where subject = '" +
          world.members[5].subject() + "'",
      "t");
}

}  // namespace
}  // namespace rolecall::testing
