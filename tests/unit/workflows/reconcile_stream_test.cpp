// What a comparison makes of somebody whom nobody here knows while the event stream tells who comes
// and goes: a listing may be ahead of it.
#include <gtest/gtest.h>

#include "tests/unit/workflows/member_facts.hpp"
#include "workflows/reconcile_organization.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

const CallPace kPace{.um_read_per_s = 50, .um_write_per_s = 25, .general_per_s = 50};

Candidate stranger() {
  Candidate c;
  c.read = {.family = "member", .name = "user_9", .begun_at = kNow, .shown = showing(kA)};
  c.workos = "org_1";
  c.object_key = "member:org_1:user_9";
  return c;
}

TEST(ReconcileStream, WhoIsNotKnownYetWaitsUntilTheStreamHasToldWhoJoined) {
  Candidate c = stranger();
  c.stream_behind = true;
  EXPECT_EQ(judge(c, kPace).verdict, Judged::Verdict::waits);
  c.stream_behind = false;
  const Judged judged = judge(c, kPace);
  ASSERT_EQ(judged.verdict, Judged::Verdict::differs);
  EXPECT_EQ(judged.finding->kind, DriftClass::missing_here);
}

TEST(ReconcileStream, WhoseEventWasPulledAndNotAppliedYetIsPending) {
  Candidate c = stranger();
  c.unreduced = true;
  const Judged judged = judge(c, kPace);
  ASSERT_EQ(judged.verdict, Judged::Verdict::differs);
  EXPECT_EQ(judged.finding->kind, DriftClass::pending);
  EXPECT_EQ(judged.finding->subject, "member:org_1:user_9");
  EXPECT_EQ(judged.repair.step, RepairStep::none);
}

TEST(ReconcileStream, WhoseEventsWaitBehindOneThatCannotBeAppliedIsStopped) {
  Candidate c = stranger();
  c.unreduced = true;
  c.reduce_failure = "its events wait";
  const Judged judged = judge(c, kPace);
  ASSERT_EQ(judged.verdict, Judged::Verdict::differs);
  EXPECT_EQ(judged.finding->kind, DriftClass::stopped);
  EXPECT_NE(judged.finding->detail.find("its events wait"), std::string::npos);
  EXPECT_EQ(judged.repair.step, RepairStep::none);
}

TEST(ReconcileStream, WhatTheTablesSayOfAStrangerNeedsNoStream) {
  Candidate c = stranger();
  c.mirror = MirrorFact{.value = kB, .status = "active"};
  c.stream_behind = true;
  EXPECT_EQ(judge(c, kPace).finding->kind, DriftClass::unsaid);
}

TEST(ReconcileStream, ALongReadWaitsUntilTheStreamReachedPastItsAnswer) {
  Candidate c = stranger();
  c.facts = delivered();
  c.facts->confirmed = Version(5);
  c.facts->events_on = true;
  c.facts->seen_source = "event";
  c.facts->pulled_at = "2026-03-01T12:00:30.000000Z";  // past the question, and `visibility`
  c.read.shown = showing(kB, "2026-02-01T00:00:00.000Z");
  c.read.subject = c.facts->subject;
  c.known = true;
  c.version = Version(5);
  c.kind = "member.push";
  c.desired = kA;
  c.noted = ReadNote{Version(5), Version(5), SendId(0)};
  c.mirror = MirrorFact{.value = kA, .status = "active"};
  EXPECT_EQ(judge(c, kPace).verdict, Judged::Verdict::differs);
  c.stream_behind = true;
  EXPECT_EQ(judge(c, kPace).verdict, Judged::Verdict::waits);
}

}  // namespace
}  // namespace rolecall
