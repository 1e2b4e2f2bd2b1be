#include "workflows/reconcile_organization.hpp"

#include "tests/unit/workflows/member_facts.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

constexpr const char* kLater = "2026-02-01T00:00:00.000Z";
constexpr const char* kEarlier = "2025-12-01T00:00:00.000Z";

const CallPace kPace{.um_read_per_s = 50, .um_write_per_s = 25, .general_per_s = 50};

// user_1 is a member with role a: wanted, delivered, confirmed, and in the tables. What WorkOS
// shows is the same until a test says otherwise.
Candidate in_agreement() {
  Candidate c;
  c.facts = delivered();
  c.facts->confirmed = Version(5);
  c.read = {.family = "member",
            .name = "user_1",
            .subject = c.facts->subject,
            .begun_at = kNow,
            .shown = showing(kA)};
  c.workos = "org_1";
  c.object_key = "member:org_1:user_1";
  c.known = true;
  c.version = Version(5);
  c.kind = "member.push";
  c.desired = kA;
  c.noted = ReadNote{Version(5), Version(5), SendId(0)};
  c.mirror = MirrorFact{.value = kA, .status = "active"};
  return c;
}

Candidate showing_b(const char* updated_at = kLater) {
  Candidate c = in_agreement();
  c.read.shown = showing(kB, updated_at);
  return c;
}

Candidate nobody_knows() {
  Candidate c = in_agreement();
  c.facts.reset();
  c.noted.reset();
  c.mirror.reset();
  c.known = false;
  c.version = Version(0);
  c.read.subject = Subject();
  return c;
}

// Version 6 wishes for {b}; it counts as delivered, and WorkOS shows {a} as before.
Candidate delivered_and_not_there() {
  Candidate c = in_agreement();
  c.facts = wishing_b();
  c.facts->version = c.version = Version(6);
  c.facts->confirmed = c.facts->echoed = Version(5);
  c.facts->touched = {{"a", Version(6)}, {"b", Version(6)}};
  lane_is(*c.facts, LaneState::idle);
  c.facts->lane->delivered = Version(6);
  c.desired = kB;
  c.mirror->value = kB;
  c.noted = ReadNote{Version(6), Version(6), SendId(0)};
  return c;
}

struct Case {
  const char* name;
  Candidate candidate;
  DriftClass kind;
  std::string action;
  RepairStep step;
  std::vector<std::string> fields;
};

Case pending() {
  Candidate c = in_agreement();
  c.facts = wishing_b();
  c.desired = kB;
  c.mirror->value = kB;
  return {"Pending", c, DriftClass::pending, "none", RepairStep::none, {"a", "b"}};
}
Case pending_in_the_outbox() {
  Candidate c = showing_b();
  c.facts->next_row = true;
  return {"PendingInTheOutbox", c, DriftClass::pending, "none", RepairStep::none, {"a", "b"}};
}
Case pending_in_the_inbox() {
  Candidate c = showing_b();
  c.unreduced = true;
  return {"PendingInTheInbox", c, DriftClass::pending, "none", RepairStep::none, {"a", "b"}};
}
Case pending_echo() {
  Candidate c = showing_b();
  c.facts->events_on = true;
  c.facts->sends = {send(1, 5, Operation::put, kA)};
  c.facts->sends[0].state = SendState::answered;
  c.facts->sends[0].answer = showing(kA, kOld);
  c.noted->send = SendId(1);
  return {"PendingEcho", c, DriftClass::pending, "none", RepairStep::none, {"a", "b"}};
}
Case never_leased() {
  Candidate c = showing_b();
  c.facts.reset();
  return {"NeverLeased", c, DriftClass::pending, "none", RepairStep::none, {"a", "b"}};
}
Case stopped(const char* name, LaneState state) {
  Candidate c = showing_b();
  c.facts->lane->state = state;
  return {name, c, DriftClass::stopped, "none", RepairStep::none, {"a", "b"}};
}
// The guard keeps what it held of them, to be weighed again.
Case held_with_its_facts() {
  Case held = stopped("HeldWithItsFacts", LaneState::held);
  held.candidate.unreduced = true;
  return held;
}
Case cancelled() {
  Candidate c = showing_b();
  c.facts->lane->cancelled = true;
  return {"Cancelled", c, DriftClass::stopped, "none", RepairStep::none, {"a", "b"}};
}
Case reducer_failed() {
  Candidate c = showing_b();
  c.reduce_failure = "unreadable";
  c.unreduced = true;
  return {"ReducerFailed", c, DriftClass::stopped, "none", RepairStep::none, {"a", "b"}};
}
Case lost_write() {
  return {"LostWrite", delivered_and_not_there(), DriftClass::lost_write,
          "say_again", RepairStep::observe,       {"a", "b"}};
}
Case lost_removal() {
  Candidate c = in_agreement();
  c.facts->kind = c.kind = "member.remove";
  c.facts->desired = c.desired = kName;
  c.facts->touched = {{"*", Version(5)}};
  c.facts->echoed = c.facts->confirmed = Version(4);
  c.mirror->value.reset();
  return {"LostRemoval", c, DriftClass::lost_write, "say_again", RepairStep::observe, {"presence"}};
}
Case rolled_back() {
  return {"RolledBack", showing_b(kEarlier),   DriftClass::lost_write,
          "say_again",  RepairStep::say_again, {"a", "b"}};
}
Case late_write() {
  Candidate c = showing_b("2026-03-01T11:59:30.000Z");
  c.facts->sends = {send(1, 4, Operation::put, kB)};
  c.noted->send = SendId(1);
  return {"LateWrite", c, DriftClass::late_write, "say_again", RepairStep::observe, {"a", "b"}};
}
Case external_edit() {
  return {"ExternalEdit", showing_b(),         DriftClass::external_edit,
          "take_over",    RepairStep::observe, {"a", "b"}};
}
Case deactivated() {
  Candidate c = in_agreement();
  c.read.shown.status = "inactive";
  c.read.shown.updated_at = kLater;
  return {"Deactivated",       c,         DriftClass::external_edit, "take_over",
          RepairStep::observe, {"status"}};
}
Case missing_there() {
  Candidate c = in_agreement();
  c.read.shown = {};
  return {"MissingThere",      c,           DriftClass::missing_there, "take_over",
          RepairStep::observe, {"presence"}};
}
Case missing_here() {
  return {"MissingHere", nobody_knows(),    DriftClass::missing_here,
          "enter",       RepairStep::enter, {"presence"}};
}
Case rejoined() {
  Candidate c = in_agreement();
  c.read.shown = showing(kA, kLater);
  c.read.shown.incarnation = "om_2";
  c.read.shown.created_at = kLater;
  return {"Rejoined",     c, DriftClass::missing_here, "take_over", RepairStep::observe,
          {"incarnation"}};
}
Case joined_again_after_removal() {
  Candidate c = in_agreement();
  c.facts->kind = c.kind = "member.remove";
  c.facts->desired = c.desired = kName;
  c.facts->incarnation.reset();
  c.facts->incarnation_created_at.clear();
  c.facts->dead_incarnation_at = kOld;
  c.facts->seen.reset();
  c.mirror->value.reset();
  c.read.shown = showing(kA, kLater);
  c.read.shown.incarnation = "om_2";
  c.read.shown.created_at = kLater;
  return {"JoinedAgainAfterRemoval", c,           DriftClass::missing_here, "take_over",
          RepairStep::observe,       {"presence"}};
}
Case directory_managed() {
  Candidate c = showing_b();
  c.read.shown.directory_managed = true;
  return {"DirectoryManaged",
          c,
          DriftClass::directory_managed,
          "take_over",
          RepairStep::observe,
          {"a", "b", "directory_managed"}};
}
Case unresolved_role() {
  Candidate c = showing_b();
  c.unknown_slugs = {"b"};
  return {"UnresolvedRole",    c,         DriftClass::unresolved_role, "take_over",
          RepairStep::observe, {"a", "b"}};
}
Case unresolved_role_that_was_taken_over() {
  Candidate c = in_agreement();
  c.unknown_slugs = {"a"};
  c.mirror->value = member("");
  return {"UnresolvedRoleTakenOver", c,    DriftClass::unresolved_role, "know_role",
          RepairStep::observe,       {"a"}};
}
Case pending_invitation() {
  Candidate c = nobody_knows();
  c.read.shown.status = "pending";
  return {"PendingInvitation", c,           DriftClass::pending_invitation, "enter",
          RepairStep::enter,   {"presence"}};
}
Case pending_invitation_that_wants_another_role() {
  Candidate c = delivered_and_not_there();
  c.read.shown.status = "pending";
  c.mirror->status = "pending";
  return {"PendingInvitationOtherRole",
          c,
          DriftClass::pending_invitation,
          "none",
          RepairStep::none,
          {"a", "b"}};
}
Case unsaid() {
  Candidate c = in_agreement();
  c.mirror->value = kB;
  return {"Unsaid", c, DriftClass::unsaid, "say", RepairStep::say, {"a", "b"}};
}
Case unsaid_removal() {
  Candidate c = in_agreement();
  c.mirror->value.reset();
  return {"UnsaidRemoval", c, DriftClass::unsaid, "say", RepairStep::say, {"presence"}};
}
Case unsaid_without_a_subject() {
  Candidate c = nobody_knows();
  c.mirror = MirrorFact{.value = kB, .status = "active"};
  c.read.shown = {};
  return {"UnsaidWithoutASubject", c, DriftClass::unsaid, "say", RepairStep::say, {"presence"}};
}

class ReconcileClass : public testing::TestWithParam<Case> {};

TEST_P(ReconcileClass, IsTold) {
  const Case& expected = GetParam();
  const Judged judged = judge(expected.candidate, kPace);
  ASSERT_EQ(judged.verdict, Judged::Verdict::differs);
  EXPECT_EQ(name_of(judged.finding->kind), name_of(expected.kind));
  EXPECT_EQ(judged.finding->action, expected.action);
  EXPECT_EQ(name_of(judged.repair.step), name_of(expected.step));
  EXPECT_EQ(judged.finding->fields, expected.fields);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ReconcileClass,
    testing::Values(pending(), pending_in_the_outbox(), pending_in_the_inbox(), pending_echo(),
                    never_leased(), stopped("Held", LaneState::held), held_with_its_facts(),
                    stopped("Dead", LaneState::dead), cancelled(), reducer_failed(), lost_write(),
                    lost_removal(), rolled_back(), late_write(), external_edit(), deactivated(),
                    missing_there(), missing_here(), rejoined(), joined_again_after_removal(),
                    directory_managed(), unresolved_role(), unresolved_role_that_was_taken_over(),
                    pending_invitation(), pending_invitation_that_wants_another_role(), unsaid(),
                    unsaid_removal(), unsaid_without_a_subject()),
    [](const auto& info) { return std::string(info.param.name); });

Judged::Verdict verdict_of(const Candidate& c) {
  return judge(c, kPace).verdict;
}

TEST(ReconcileDiscards, WhatIsProvedAndEqualIsNothing) {
  const Judged judged = judge(in_agreement(), kPace);
  EXPECT_EQ(judged.verdict, Judged::Verdict::agrees);
  EXPECT_EQ(judged.repair.step, RepairStep::none);
}

TEST(ReconcileDiscards, WhatIsEqualAndNotProvedIsProvedByTheRead) {
  Candidate c = in_agreement();
  c.facts->confirmed = Version(4);
  const Judged judged = judge(c, kPace);
  EXPECT_EQ(judged.verdict, Judged::Verdict::agrees);
  EXPECT_EQ(judged.repair.step, RepairStep::observe);
}

TEST(ReconcileDiscards, AVersionThatWasMadeMeanwhileIsReadAgain) {
  Candidate c = showing_b();
  c.noted->version = Version(4);
  EXPECT_EQ(verdict_of(c), Judged::Verdict::moved);
}

TEST(ReconcileDiscards, ASubjectThatWasMadeMeanwhileIsReadAgain) {
  Candidate c = showing_b();
  c.noted.reset();
  EXPECT_EQ(verdict_of(c), Judged::Verdict::moved);
}

TEST(ReconcileDiscards, FactsThatAreNewerThanTheTablesAreReadAgain) {
  Candidate c = showing_b();
  c.facts->version = Version(6);
  c.noted->version = Version(6);
  EXPECT_EQ(verdict_of(c), Judged::Verdict::moved);
}

TEST(ReconcileDiscards, AVersionThatWasDeliveredMeanwhileIsReadAgain) {
  Candidate c = showing_b();
  c.noted->delivered = Version(4);
  EXPECT_EQ(verdict_of(c), Judged::Verdict::moved);
}

TEST(ReconcileDiscards, ASendThatLeftMeanwhileIsReadAgain) {
  Candidate c = showing_b();
  c.facts->sends = {send(7, 5, Operation::put, kA)};
  c.noted->send = SendId(6);
  EXPECT_EQ(verdict_of(c), Judged::Verdict::moved);
}

TEST(ReconcileDiscards, AReadSoonAfterOurNewestKnowledgeIsMadeAgain) {
  Candidate c = showing_b(kEarlier);
  c.facts->seen_at = "2026-03-01T11:59:50.000Z";
  EXPECT_EQ(verdict_of(c), Judged::Verdict::too_early);
  c.read.shown = {};
  EXPECT_EQ(verdict_of(c), Judged::Verdict::too_early);
}

TEST(ReconcileDiscards, WithTheStreamOnAReadWaitsUntilItReachedPastIt) {
  Candidate c = showing_b();
  c.facts->events_on = true;
  c.facts->seen_source = "event";
  c.facts->pulled_at = "2026-03-01T12:00:29.000000Z";
  EXPECT_EQ(verdict_of(c), Judged::Verdict::waits);
  c.facts->pulled_at = "2026-03-01T12:00:30.000000Z";
  EXPECT_EQ(verdict_of(c), Judged::Verdict::differs);
}

TEST(ReconcileDiscards, WhatBelongsToAnotherSubjectOfTheNameIsNotShown) {
  Candidate c = in_agreement();
  c.anothers = true;
  EXPECT_EQ(judge(c, kPace).finding->kind, DriftClass::missing_there);
}

TEST(ReconcileDiscards, TheEndOfARoleThatIsOnItsWayIsNoEditByHand) {
  Candidate c = in_agreement();
  c.facts->desired = c.desired = member(R"("a","gone")");
  c.facts->seen = c.facts->desired;
  c.read.shown = showing(c.facts->desired);
  c.unknown_slugs = {"gone"};
  EXPECT_EQ(judge(c, kPace).finding->kind, DriftClass::unresolved_role);
}

TEST(ReconcileCost, IsTheCallsAndTheirTimeWithinTheBudget) {
  const Judged said = judge(delivered_and_not_there(), kPace);
  EXPECT_EQ(said.finding->calls, 2) << "the write, and the read that proves it";
  EXPECT_DOUBLE_EQ(said.finding->seconds, 0.06);
  Candidate gone = in_agreement();
  gone.read.shown = {};
  EXPECT_EQ(judge(gone, kPace).finding->calls, 2) << "two looks before anything is taken away";
  EXPECT_EQ(judge(showing_b(), kPace).finding->calls, 0);
}

TEST(ReconcileFinding, TellsBothSidesAndWhoChangedThem) {
  Candidate c = showing_b();
  c.local = LocalChange{"ann", "2026-01-01T00:00:00Z", "set_member_roles", "joined the team"};
  c.equals_version = Version(3);
  const Finding finding = *judge(c, kPace).finding;
  EXPECT_EQ(finding.subject, "member:acme:user_1");
  EXPECT_EQ(finding.local, kA);
  EXPECT_EQ(finding.remote, kB);
  EXPECT_EQ(finding.changed.by, "ann");
  EXPECT_EQ(finding.remote_updated_at, kLater);
  EXPECT_EQ(finding.detail, "it equals version 3, which was superseded");
}

TEST(ReconcileRepair, AWriteThatTakesAccessAwayGoesFirst) {
  EXPECT_EQ(judge(showing_b(kEarlier), kPace).repair.priority, 0) << "b is taken away";
  Candidate more = in_agreement();
  more.facts->desired = more.desired = member(R"("a","b")");
  more.facts->seen = more.desired;
  more.mirror->value = more.desired;
  more.read.shown = showing(kA, kEarlier);
  EXPECT_EQ(judge(more, kPace).repair.priority, 2);
}

}  // namespace
}  // namespace rolecall
