// Answers that are not as promised: nothing is lost, nothing crashes, and the cursor passes by no
// page that could not be read.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "workflows/pull_events.hpp"

namespace rolecall {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kAt = R"("created_at":"2026-01-15T12:00:01.000Z")";
constexpr const char* kRoles = R"({"data":[{"slug":"admin","name":"Admin"}]})";

PullTask since_then() {
  return {.since = "2026-01-15T00:00:00Z"};
}

CallAnswer answered(int status, const std::string& body) {
  return HttpResponse{.status = status, .body = body};
}

CallAnswer page_of(const std::string& events) {
  return answered(200, R"({"object":"list","data":[)" + events + "]}");
}

std::string event(const std::string& type, const std::string& data,
                  const std::string& id = "event_1") {
  return fmt::format(R"({{"id":"{}","event":"{}","data":{},{}}})", id, type, data, kAt);
}

PullEnd ended(PullWorkflow& machine, const CallAnswer& answer) {
  return std::get<PullEnd>(machine.resume(answer));
}

PullEnd answer_to(const PullTask& task, const CallAnswer& answer) {
  const auto machine = make_pull_events(task);
  machine->start();
  return ended(*machine, answer);
}

std::string asked_for(const PullStep& step) {
  return std::get<Call>(step).request.target;
}

CallAnswer refusal_of(const std::string& type) {
  return answered(400, fmt::format(R"({{"code":"invalid_events_request","message":"Invalid name )"
                                   R"(parameter, received: '{}'. You must pass in valid names"}})",
                                   type));
}

struct Lacking {
  const char* what;
  const char* type;
  const char* data;
  const char* named;
};

class UnreadableEvent : public ::testing::TestWithParam<Lacking> {};

TEST_P(UnreadableEvent, IsKeptWithItsProblemAndPassesTheCursor) {
  const Lacking& lacking = GetParam();
  PullTask task = since_then();
  const auto end = answer_to(task, page_of(event(lacking.type, lacking.data)));
  ASSERT_TRUE(end.page) << end.page.error().detail;
  EXPECT_EQ(end.page->last_id, "event_1");
  ASSERT_THAT(end.page->events, SizeIs(1));
  ASSERT_TRUE(end.page->events[0].problem);
  EXPECT_EQ(*end.page->events[0].problem, fmt::format("it has no usable \"{}\"", lacking.named));
  EXPECT_FALSE(end.page->events[0].shown) << "nothing may be made of a half";
}

constexpr const char* kMembership = "organization_membership.updated";
constexpr const char* kRole = "organization_role.updated";
constexpr Lacking kLacking[] = {
    {"DataNull", "user.updated", "null", "data"},
    {"DataAList", kMembership, "[]", "data"},
    {"DataAText", "organization.updated", R"("x")", "data"},
    {"OrganizationWithoutId", "organization.updated", R"({"name":"N"})", "id"},
    {"OrganizationWithoutTime", "organization.updated", R"({"id":"org_1"})", "updated_at"},
    {"OrganizationWithATimeThatIsNone", "organization.deleted",
     R"({"id":"org_1","updated_at":"soon"})", "updated_at"},
    {"UserWithoutId", "user.updated", R"({"email":"e"})", "id"},
    {"UserWithAnEmptyId", "user.deleted", R"({"id":""})", "id"},
    {"UserWithoutTime", "user.deleted", R"({"id":"user_1"})", "updated_at"},
    {"RoleWithoutOrganization", kRole, R"({"slug":"org-x"})", "organization_id"},
    {"RoleWithAnEmptyOrganization", kRole, R"({"slug":"org-x","organization_id":""})",
     "organization_id"},
    {"RoleWithoutSlug", kRole, R"({"organization_id":"org_1"})", "slug"},
    {"RoleWithoutName", kRole, R"({"organization_id":"org_1","slug":"org-x"})", "name"},
    {"RoleWithoutCreation", kRole, R"({"organization_id":"org_1","slug":"org-x","name":"X"})",
     "created_at"},
    {"MembershipWithoutId", kMembership, R"({"user_id":"user_1","organization_id":"org_1"})", "id"},
    {"MembershipWithoutUser", kMembership, R"({"id":"om_1","organization_id":"org_1"})", "user_id"},
    {"MembershipWithoutOrganization", kMembership, R"({"id":"om_1","user_id":"user_1"})",
     "organization_id"},
    {"MembershipWithAnEmptyOrganization", kMembership,
     R"({"id":"om_1","user_id":"user_1","organization_id":"","status":"active",)"
     R"("role":{"slug":"a"},"created_at":"2026-01-15T12:00:00Z",)"
     R"("updated_at":"2026-01-15T12:00:00Z"})",
     "organization_id"},
    {"MembershipWithoutRoles", kMembership,
     R"({"id":"om_1","user_id":"user_1","organization_id":"org_1","status":"active"})", "roles"},
    {"MembershipWhoseRolesAreNone", kMembership,
     R"({"id":"om_1","user_id":"user_1","organization_id":"org_1","status":"active",)"
     R"("roles":[1]})",
     "roles"},
};

INSTANTIATE_TEST_SUITE_P(Lacks, UnreadableEvent, ::testing::ValuesIn(kLacking),
                         [](const auto& info) { return std::string(info.param.what); });

TEST(PulledPageOfEvents, AnEventWithoutATimeIsKeptWithItsProblem) {
  const auto end = answer_to(
      since_then(), page_of(R"({"id":"event_1","event":"user.deleted",)"
                            R"("data":{"id":"user_1","updated_at":"2026-01-15T12:00:00Z"}})"));
  ASSERT_TRUE(end.page);
  ASSERT_THAT(end.page->events, SizeIs(1));
  EXPECT_EQ(end.page->events[0].problem, R"(it has no usable "created_at")");
  EXPECT_EQ(end.page->last_at, "") << "the time of the cursor is never made up";
}

TEST(PulledPageOfEvents, AnEnvironmentRoleWithoutASlugIsKeptWithItsProblem) {
  const auto machine = make_pull_events(since_then());
  machine->start();
  machine->resume(page_of(event("role.updated", "{}")));
  const auto end = ended(*machine, answered(200, kRoles));
  ASSERT_TRUE(end.page);
  EXPECT_EQ(end.page->events.at(0).problem, R"(it has no usable "slug")");
}

TEST(PulledPageOfEvents, OneUnreadableEventHidesNoOther) {
  const std::string good = R"({"id":"user_2","updated_at":"2026-01-15T12:00:00Z"})";
  const auto end = answer_to(since_then(), page_of(event("user.updated", "null", "event_1") + "," +
                                                   event("user.updated", good, "event_2")));
  ASSERT_TRUE(end.page);
  ASSERT_THAT(end.page->events, SizeIs(2));
  EXPECT_TRUE(end.page->events[0].problem);
  EXPECT_FALSE(end.page->events[1].problem);
  EXPECT_EQ(end.page->events[1].name, "user_2");
}

TEST(PulledPageOfEvents, AnEventWithoutAnIdIsAFailureOfThePage) {
  for (const char* item : {R"({"event":"user.updated","data":{}})",
                           R"({"id":"","event":"user.updated"})", R"({"id":"event_1"})", "1"}) {
    const auto end = answer_to(since_then(), page_of(item));
    ASSERT_FALSE(end.page) << item;
    EXPECT_EQ(end.page.error().code, "garbage_answer");
    EXPECT_FALSE(end.gap);
  }
}

TEST(PulledPageOfEvents, GarbageIsAFailureAndNoEmptyPage) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"data":null})", R"({"data":{}})"}) {
    const auto end = answer_to(since_then(), answered(200, body));
    ASSERT_FALSE(end.page) << body;
    EXPECT_EQ(end.page.error().code, "garbage_answer");
  }
}

TEST(PulledPageOfEvents, ATypeThatNobodyFollowsPassesTheCursor) {
  const auto end = answer_to(since_then(), page_of(event("group.created", "{}", "event_7")));
  ASSERT_TRUE(end.page);
  EXPECT_THAT(end.page->events, SizeIs(0));
  EXPECT_EQ(end.page->last_id, "event_7");
  EXPECT_EQ(end.page->last_at, "2026-01-15T12:00:01.000Z");
  EXPECT_FALSE(end.page->end) << "there may be more";
}

TEST(PulledPageOfEvents, TheEmptyOneIsTheEnd) {
  const auto end = answer_to(since_then(), page_of(""));
  ASSERT_TRUE(end.page);
  EXPECT_TRUE(end.page->end);
  EXPECT_EQ(end.page->last_id, "");
}

TEST(PulledPageOfEvents, WhatWorkosRefusesIsAFailureWithItsWords) {
  const auto throttled = answer_to(since_then(), answered(429, R"({"message":"Slow down"})"));
  ASSERT_FALSE(throttled.page);
  EXPECT_EQ(throttled.page.error().kind, FailureClass::throttled);
  EXPECT_FALSE(throttled.gap);
  Failure reset;
  reset.kind = FailureClass::transient;
  reset.code = "connection_refused";
  const auto unsent = answer_to(since_then(), CallAnswer{reset});
  ASSERT_FALSE(unsent.page);
  EXPECT_EQ(unsent.page.error().code, "connection_refused");
}

TEST(RefusedType, IsDroppedReportedAndTheRestAskedForAgain) {
  const auto machine = make_pull_events(since_then());
  EXPECT_THAT(asked_for(machine->start()), HasSubstr("role.updated"));
  const auto again = machine->resume(refusal_of("role.updated"));
  EXPECT_THAT(asked_for(again), HasSubstr(",role.created,role.deleted,"));
  EXPECT_THAT(asked_for(again), HasSubstr("organization_role.updated"));
  const auto once_more = machine->resume(refusal_of("user.deleted"));
  EXPECT_THAT(asked_for(once_more), HasSubstr("user.created,user.updated&order=asc"));
  const auto end = ended(*machine, page_of(""));
  ASSERT_TRUE(end.page);
  EXPECT_THAT(end.page->refused_types, ElementsAre("role.updated", "user.deleted"));
}

TEST(RefusedType, ThatIsNotNamedOrNotOursIsAFailure) {
  for (const char* type : {"group.created", "", "role"}) {
    const auto end = answer_to(since_then(), refusal_of(type));
    ASSERT_FALSE(end.page) << type;
    EXPECT_EQ(end.page.error().kind, FailureClass::rejected);
  }
  const auto other = answer_to(
      since_then(), answered(400, R"({"code":"other","message":"received: 'user.created'"})"));
  EXPECT_FALSE(other.page);
}

TEST(RefusedType, OfAllTypesEndsAsAFailureAndNotInALoop) {
  const auto machine = make_pull_events(since_then());
  PullStep step = machine->start();
  int calls = 0;
  while (std::holds_alternative<Call>(step) && ++calls < 100) {
    const std::string target = asked_for(step);
    const auto from = target.find('=') + 1;
    step =
        machine->resume(refusal_of(target.substr(from, target.find_first_of(",&", from) - from)));
  }
  EXPECT_LE(calls, 16);
  ASSERT_TRUE(std::holds_alternative<PullEnd>(step));
  EXPECT_FALSE(std::get<PullEnd>(step).page);
}

TEST(EnvironmentRolesOfAPage, AreReadAfterAPageThatTellsOfOne) {
  const auto machine = make_pull_events(since_then());
  machine->start();
  const auto next = machine->resume(page_of(event("role.created", R"({"slug":"admin"})")));
  EXPECT_EQ(asked_for(next), "/authorization/roles");
  const auto end = ended(*machine, answered(200, kRoles));
  ASSERT_TRUE(end.page);
  ASSERT_TRUE(end.page->roles);
  EXPECT_EQ(end.page->roles->at(0).name, "Admin");
}

TEST(EnvironmentRolesOfAPage, AreReadWhenEarlierEventsStillWaitForThem) {
  PullTask task = since_then();
  task.roles_due = true;
  const auto machine = make_pull_events(task);
  machine->start();
  EXPECT_EQ(asked_for(machine->resume(page_of(""))), "/authorization/roles");
  const auto end = ended(*machine, answered(200, kRoles));
  ASSERT_TRUE(end.page);
  EXPECT_TRUE(end.page->end);
  EXPECT_TRUE(end.page->roles);
}

TEST(EnvironmentRolesOfAPage, ThatCannotBeReadLoseNothing) {
  Failure lost;
  lost.kind = FailureClass::in_doubt;
  for (const CallAnswer& answer : {answered(500, "{}"), answered(200, "<html>"),
                                   answered(429, R"({"message":"Slow down"})"), CallAnswer{lost}}) {
    const auto machine = make_pull_events(since_then());
    machine->start();
    machine->resume(page_of(event("role.created", R"({"slug":"admin"})")));
    const auto end = ended(*machine, answer);
    ASSERT_TRUE(end.page);
    EXPECT_THAT(end.page->events, SizeIs(1));
    EXPECT_FALSE(end.page->roles) << "the events wait for them";
  }
}

PullEnd page_that_begins(const std::string& at, const std::string& cursor_at) {
  return answer_to(
      {.after = "event_5", .after_at = cursor_at},
      page_of(fmt::format(R"({{"id":"event_1","event":"user.deleted","created_at":"{}",)"
                          R"("data":{{"id":"user_1","updated_at":"2026-01-15T12:00:00Z"}}}})",
                          at)));
}

TEST(GapInTheStream, IsAPageThatBeginsLongBeforeTheCursor) {
  const auto gap = page_that_begins("2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z");
  ASSERT_FALSE(gap.page);
  EXPECT_TRUE(gap.gap);
  EXPECT_EQ(gap.page.error().code, "cursor_unknown");
  EXPECT_THAT(gap.page.error().detail, HasSubstr("event_5"));
}

TEST(GapInTheStream, IsNoneWhereClocksAreALittleApartOrATimeIsMissing) {
  EXPECT_TRUE(page_that_begins("2026-01-15T11:59:30Z", "2026-01-15T12:00:00Z").page);
  EXPECT_TRUE(page_that_begins("2026-01-15T12:00:30Z", "2026-01-15T12:00:00Z").page);
  EXPECT_TRUE(page_that_begins("2026-01-15T11:00:00Z", "").page);
  EXPECT_TRUE(page_that_begins("when it was", "2026-01-15T12:00:00Z").page);
}

TEST(GapInTheStream, IsNoneAtTheStart) {
  PullTask task = since_then();
  task.after_at = "2026-01-15T12:00:00Z";  // no cursor: nothing to begin before
  EXPECT_TRUE(answer_to(task, page_of(R"({"id":"event_1","event":"user.deleted",)"
                                      R"("created_at":"2026-01-01T00:00:00Z","data":{}})"))
                  .page);
}

}  // namespace
}  // namespace rolecall
