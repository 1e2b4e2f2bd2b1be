// Calls that are refused after they were permitted, and what becomes of their rows.
#include <gtest/gtest.h>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(Engine, KeepsADefiniteResultWhenALaterCallIsRefused) {
  Rig rig;
  rig.store.enqueue("a");
  rig.workflows.reads_after = 3;
  rig.transport.call_time = 400ms;
  rig.transport.answer = [](const HttpRequest& request) {
    return Result<HttpResponse>{HttpResponse{.status = request.method == "PUT" ? 409 : 200}};
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.store.session_answers = false;
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_TRUE(rig.until([&] { return !settled.empty(); }));
  EXPECT_EQ(settled.front().fate, SendFate::unsent);  // its write had left, and was refused
  ASSERT_TRUE(settled.front().failure);
  EXPECT_EQ(settled.front().failure->kind, FailureClass::look_first);
}

TEST(Engine, SendsNothingWhenItsSessionWasLostWhileTheConnectionWasMade) {
  Rig rig;
  rig.store.others_hold_leases = true;
  rig.store.enqueue("a");
  rig.transport.connect_time = 3s;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  const WorkerId first = *rig.engine->status().worker;
  rig.store.end_session(first);
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "session_unverified");
  EXPECT_EQ(rig.trace.last(Trace::call_refused).worker, first);
  EXPECT_TRUE(rig.transport.sent.empty());
  EXPECT_EQ(rig.trace.count(Trace::call_finished), 0);
  rig.transport.connect_time = 0ms;
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_TRUE(rig.store.reports.empty());  // WorkOS failed at nothing
}

TEST(Engine, SendsNothingWhenTheProviderWentDownWhileTheConnectionWasMade) {
  Rig rig;
  rig.store.enqueue("a");
  rig.transport.connect_time = 500ms;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.store.provider = ProviderMode::paused;
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "provider_down");
  EXPECT_TRUE(rig.transport.sent.empty());
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_TRUE(rig.until([&] { return !settled.empty(); }));
  EXPECT_EQ(settled.front().fate, SendFate::unsent);
  EXPECT_FALSE(settled.front().counts);
}

TEST(Engine, DoesNotAskForAWholeCallsTimeOfItsLeaseAgainWhenItIsConnected) {
  Limits limits;
  limits.lease_time_ms = limits.call_deadline_ms + 1'000;
  Rig rig{limits};
  rig.store.enqueue("a");
  rig.transport.connect_time = 3s;
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_EQ(rig.trace.count(Trace::call_refused), 0);
}

// A worker that is idle asks seldom whether its session lives, and nothing is sent on an old proof.
TEST(Engine, PullsEventsAlsoWhenItWasIdleForLong) {
  Rig rig;
  rig.start();
  rig.pass(10s);
  PullGrant grant;
  grant.task.emplace();
  rig.store.grants.push_back(grant);
  rig.engine->pull_soon("event_1");
  ASSERT_TRUE(rig.until([&] { return !rig.store.pages.empty(); }));
  EXPECT_EQ(rig.trace.count(Trace::call_refused), 0);
}

}  // namespace
}  // namespace rolecall::test
