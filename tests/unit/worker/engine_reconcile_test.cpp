// A reconciliation in the background calls after everybody else, and is not thrown away for that.
#include <gtest/gtest.h>

#include "tests/unit/worker/plain_reconcile_store.hpp"
#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

struct ReconcilingRig : Rig {
  ReconcilingRig() {
    reconciliation = &reconciled;
    make_engine();
    store.reconcile_in = 0ms;
  }
  PlainReconcileStore reconciled{};
};

TEST(EngineReconcile, ComparesTheOrganizationWhoseTurnItIs) {
  ReconcilingRig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return !rig.reconciled.released.empty(); }));
  ASSERT_TRUE(rig.reconciled.ended);
  EXPECT_EQ(rig.reconciled.ended->failure, "");
  EXPECT_EQ(rig.trace.last(Trace::reconciled).code, "compared");
}

TEST(EngineReconcile, WaitsForItsTurnForAsLongAsOthersUseUpTheBudget) {
  ReconcilingRig rig;
  rig.store.blocks.assign(100, {.ask_again = 1'000ms});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) == 3; }, 300s));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "no_turn");
  EXPECT_TRUE(rig.reconciled.released.empty());
  ASSERT_TRUE(rig.until([&] { return !rig.reconciled.released.empty(); }, 300s));
  ASSERT_TRUE(rig.reconciled.ended) << "what was read before is not read again";
  EXPECT_EQ(rig.reconciled.ended->failure, "");
  EXPECT_EQ(rig.reconciled.granted, 1);
}

TEST(EngineReconcile, EndsWhenTheProviderGoesDownAndGivesTheTurnBack) {
  ReconcilingRig rig;
  rig.store.blocks.assign(100, {.ask_again = 1'000ms});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) == 1; }, 300s));
  rig.store.provider = ProviderMode::open;
  rig.store.next_probe = 600'000ms;
  ASSERT_TRUE(rig.until([&] { return !rig.reconciled.released.empty(); }, 300s));
  EXPECT_FALSE(rig.reconciled.ended) << "the last plan stands";
  EXPECT_NE(rig.reconciled.released[0].find("interrupted"), std::string::npos);
}

TEST(EngineReconcile, ADrainDoesNotWaitForIt) {
  ReconcilingRig rig;
  rig.store.blocks.assign(100, {.ask_again = 5'000ms});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.reconciled.granted == 1; }));
  rig.pass(100ms);
  const Instant asked = rig.clock.now();
  rig.engine->drain();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_LT(rig.clock.now() - asked, 100ms);
}

}  // namespace
}  // namespace rolecall::test
