#include "worker/core/send_check.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr Instant kNow{100s};

SendQuestion sound() {
  SendQuestion q;
  q.now = kNow;
  q.lease_end = kNow + 10s;
  q.session_good = true;
  return q;
}

std::string_view refusal(const SendQuestion& q) {
  const SendAnswer a = send_check(q, Limits{});
  const auto* reason = std::get_if<std::string_view>(&a);
  return reason ? *reason : "sent";
}

TEST(SendCheck, LetsACallLeaveWithItsWholeDeadline) {
  EXPECT_EQ(std::get<Instant>(send_check(sound(), Limits{})), kNow + 10s);
}

TEST(SendCheck, RefusesACallThatCouldOutliveItsLease) {
  SendQuestion q = sound();
  q.lease_end = kNow + 10s - 1ms;
  EXPECT_EQ(refusal(q), "lease_too_old");
  q.lease_end = kNow - 1h;
  EXPECT_EQ(refusal(q), "lease_too_old");
}

TEST(SendCheck, RefusesEverythingUnderASessionThatIsNotProvedAlive) {
  SendQuestion q = sound();
  q.session_good = false;
  EXPECT_EQ(refusal(q), "session_unverified");
  q.lease_end.reset();
  EXPECT_EQ(refusal(q), "session_unverified");
}

TEST(SendCheck, AsksAReadForNoLease) {
  SendQuestion q = sound();
  q.lease_end.reset();
  EXPECT_EQ(refusal(q), "sent");
}

TEST(SendCheck, StartsNothingNewWhileDraining) {
  SendQuestion q = sound();
  q.drain_end = kNow + 10s;
  EXPECT_EQ(refusal(q), "draining");
}

TEST(SendCheck, LetsADeliveryUnderWayFinishWithinTheDrainBudget) {
  SendQuestion q = sound();
  q.under_way = true;
  q.drain_end = kNow + 4s;
  EXPECT_EQ(std::get<Instant>(send_check(q, Limits{})), kNow + 4s);
  q.drain_end = kNow + 1s - 1ms;
  EXPECT_EQ(refusal(q), "draining");
}

}  // namespace
}  // namespace rolecall
