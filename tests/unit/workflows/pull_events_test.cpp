// One page of the stream: how it is asked for, what it says of each event, and what of it is lost
// when WorkOS refuses, answers garbage, or begins again: nothing.
#include "workflows/pull_events.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rolecall {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kAllTypes =
    "organization.created,organization.updated,organization.deleted,"
    "organization_role.created,organization_role.updated,organization_role.deleted,"
    "role.created,role.updated,role.deleted,"
    "organization_membership.created,organization_membership.updated,"
    "organization_membership.deleted,user.created,user.updated,user.deleted";
constexpr const char* kTimes =
    R"("created_at":"2026-01-15T12:00:00.000Z","updated_at":"2026-01-15T12:00:01.000Z")";

PullTask after(const std::string& cursor) {
  return {.after = cursor, .after_at = "2026-01-15T11:59:00.000Z"};
}

CallAnswer answered(int status, const std::string& body) {
  return HttpResponse{.status = status, .body = body};
}

CallAnswer page_of(const std::string& events) {
  return answered(200,
                  R"({"object":"list","data":[)" + events + R"(],"list_metadata":{"after":null}})");
}

std::string event(const std::string& type, const std::string& data,
                  const std::string& id = "event_1") {
  return fmt::format(
      R"({{"object":"event","id":"{}","event":"{}","data":{},)"
      R"("created_at":"2026-01-15T12:00:01.000Z","context":{{"actor":{{"source":"dashboard"}}}}}})",
      id, type, data);
}

std::string user(const std::string& more = "") {
  return fmt::format(R"({{"object":"user","id":"user_1","email":"ann@x"{},{}}})", more, kTimes);
}

std::string membership(const std::string& more) {
  return fmt::format(R"({{"id":"om_1","user_id":"user_1","organization_id":"org_1",{},{}}})", more,
                     kTimes);
}

std::string organization_role(const std::string& more) {
  return fmt::format(R"({{"organization_id":"org_1","slug":"org-x","name":"X",{}{}}})", more,
                     kTimes);
}

const Call& call_in(const PullStep& step) {
  return std::get<Call>(step);
}

PullEnd ended(PullWorkflow& machine, const CallAnswer& answer) {
  return std::get<PullEnd>(machine.resume(answer));
}

// What a machine that was just made says of this page.
PulledPage read(const std::string& events) {
  const auto machine = make_pull_events({.since = "2026-01-15T00:00:00Z"});
  machine->start();
  const PullEnd end = ended(*machine, page_of(events));
  EXPECT_TRUE(end.page) << end.page.error().detail;
  return end.page ? *end.page : PulledPage{};
}

std::vector<StreamEvent> said(const std::string& type, const std::string& data) {
  return read(event(type, data)).events;
}

TEST(PullRequest, AsksForFollowedTypesOldestFirstAfterTheCursor) {
  const auto machine = make_pull_events(after("event_01&x"));
  const PullStep step = machine->start();
  const Call& call = call_in(step);
  EXPECT_EQ(call.request.method, "GET");
  EXPECT_EQ(call.request.target,
            std::string("/events?events=") + kAllTypes + "&order=asc&limit=100&after=event_01%26x");
  EXPECT_FALSE(call.mutates);
  EXPECT_EQ(call.rate_class, RateClass::general);
}

TEST(PullRequest, NamesAStartOnlyWhereThereIsNoCursor) {
  const auto machine = make_pull_events({.since = "2026-01-15T12:00:00.000000+00:00"});
  const PullStep step = machine->start();
  const std::string& target = call_in(step).request.target;
  EXPECT_THAT(target, HasSubstr("&range_start=2026-01-15T12%3A00%3A00.000000%2B00%3A00"));
  EXPECT_THAT(target, Not(HasSubstr("after=")));
  PullTask both = after("event_1");
  both.since = "2026-01-15T12:00:00Z";
  const PullStep with_cursor = make_pull_events(both)->start();
  EXPECT_THAT(call_in(with_cursor).request.target, Not(HasSubstr("range_start")));
}

TEST(PullRequest, OfAReplayNamesItsOrganizationAndNoneOtherwise) {
  PullTask task = after("event_1");
  EXPECT_THAT(call_in(make_pull_events(task)->start()).request.target,
              Not(HasSubstr("organization_id")));
  task.organization = "org_1/x";
  EXPECT_THAT(call_in(make_pull_events(task)->start()).request.target,
              HasSubstr("&organization_id=org_1%2Fx&after=event_1"));
}

TEST(PullRequest, LeavesOutTheTypesThatWorkosWasFoundNotToKnow) {
  PullTask task = after("event_1");
  task.refused_types = {"role.created", "role.deleted"};
  const PullStep step = make_pull_events(task)->start();
  EXPECT_THAT(call_in(step).request.target, HasSubstr("organization_role.deleted,role.updated,"));
  EXPECT_THAT(call_in(step).request.target, HasSubstr("organization_role.created"));
}

TEST(PulledEvent, OfAnOrganizationIsItsAttributes) {
  const auto events =
      said("organization.updated",
           fmt::format(R"({{"id":"org_1","name":"Acme","external_id":"acme",{}}})", kTimes));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].family, "organization");
  EXPECT_EQ(events[0].organization, "org_1");
  EXPECT_EQ(events[0].name, "org_1");
  EXPECT_EQ(events[0].actor, "dashboard");
  EXPECT_EQ(events[0].at, "2026-01-15T12:00:01.000Z");
  EXPECT_EQ(events[0].attributes,
            R"({"updated_at":"2026-01-15T12:00:01.000Z","name":"Acme","external_id":"acme"})");
  EXPECT_FALSE(events[0].shown);
  EXPECT_FALSE(events[0].problem);
}

TEST(PulledEvent, OfAUserJoinsTheirNamesAndLeavesOutWhatIsNull) {
  const auto whole =
      said("user.created", user(R"(,"first_name":"Ann","last_name":"Smith","external_id":"u1")"));
  ASSERT_THAT(whole, SizeIs(1));
  EXPECT_EQ(whole[0].family, "user");
  EXPECT_EQ(whole[0].name, "user_1");
  EXPECT_EQ(whole[0].organization, "");
  EXPECT_THAT(*whole[0].attributes, HasSubstr(R"("external_id":"u1","name":"Ann Smith")"));
  const auto one = said("user.updated", user(R"(,"first_name":null,"last_name":"Smith")"));
  EXPECT_THAT(*one.at(0).attributes, HasSubstr(R"("name":"Smith")"));
  const auto none = said("user.updated", user(R"(,"first_name":"","external_id":null)"));
  EXPECT_THAT(*none.at(0).attributes, Not(HasSubstr("name")));
  EXPECT_THAT(*none.at(0).attributes, Not(HasSubstr("external_id")));
}

TEST(PulledEvent, OfAnEnvironmentRoleSaysOnlyWhichOneToReadAgain) {
  const auto machine = make_pull_events({.since = "2026-01-15T00:00:00Z"});
  machine->start();
  ASSERT_TRUE(std::holds_alternative<Call>(
      machine->resume(page_of(event("role.updated", R"({"slug":"admin"})")))));
  const auto end = ended(*machine, answered(200, R"({"data":[]})"));
  ASSERT_TRUE(end.page);
  ASSERT_THAT(end.page->events, SizeIs(1));
  EXPECT_EQ(end.page->events[0].family, "environment_role");
  EXPECT_EQ(end.page->events[0].name, "admin");
  EXPECT_FALSE(end.page->events[0].shown);
}

TEST(PulledEvent, OfAnOrganizationsRoleIsItsTextAndItsPermissionsApart) {
  const auto events = said(
      "organization_role.created",
      organization_role(R"("description":"Bills","permissions":["users:write","users:read"],)"));
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].family, "role");
  EXPECT_EQ(events[1].family, "permissions");
  for (const StreamEvent& one : events) {
    EXPECT_EQ(one.id, "event_1");
    EXPECT_EQ(one.organization, "org_1");
    EXPECT_EQ(one.name, "org-x");
    ASSERT_TRUE(one.shown);
    EXPECT_EQ(one.shown->incarnation, "2026-01-15T12:00:00.000Z") << "when it was made";
    EXPECT_EQ(one.shown->updated_at, "2026-01-15T12:00:01.000Z");
  }
  EXPECT_THAT(*events[0].shown->value, HasSubstr(R"("description":"Bills")"));
  EXPECT_THAT(*events[1].shown->value, HasSubstr(R"(["users:read","users:write"])"));
}

TEST(PulledEvent, OfARoleWithoutPermissionsSaysNothingAboutThem) {
  const auto events = said("organization_role.updated", organization_role(""));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].family, "role");
}

TEST(PulledEvent, OfTheEndOfARoleIsOneFactWithoutAValue) {
  const auto events =
      said("organization_role.deleted", organization_role(R"("permissions":["users:read"],)"));
  ASSERT_THAT(events, SizeIs(1));
  ASSERT_TRUE(events[0].shown);
  EXPECT_FALSE(events[0].shown->value);
  EXPECT_EQ(events[0].shown->incarnation, "2026-01-15T12:00:00.000Z") << "whose end it is";
}

TEST(PulledEvent, OfAMembershipIsItsWholeSetOfRolesInEitherForm) {
  const auto several =
      said("organization_membership.updated",
           membership(R"("status":"active","directory_managed":true,)"
                      R"("role":{"slug":"b"},"roles":[{"slug":"b"},{"slug":"a"}])"));
  ASSERT_THAT(several, SizeIs(1));
  EXPECT_EQ(several[0].family, "member");
  EXPECT_EQ(several[0].organization, "org_1");
  EXPECT_EQ(several[0].name, "user_1");
  EXPECT_EQ(several[0].shown->incarnation, "om_1");
  EXPECT_TRUE(several[0].shown->directory_managed);
  EXPECT_THAT(*several[0].shown->value, HasSubstr(R"("roles":["a","b"])"));
  const auto older = said("organization_membership.created",
                          membership(R"("status":"active","role":{"slug":"b"})"));
  EXPECT_THAT(*older.at(0).shown->value, HasSubstr(R"("roles":["b"])"));
}

TEST(PulledEvent, OfASuspensionKeepsTheRolesAndTellsTheStatus) {
  const auto events = said("organization_membership.updated",
                           membership(R"("status":"inactive","role":{"slug":"b"})"));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].shown->status, "inactive");
  EXPECT_TRUE(events[0].shown->value);
}

TEST(PulledEvent, OfTheEndOfAMembershipHasNoValue) {
  const auto events = said("organization_membership.deleted",
                           membership(R"("status":"active","role":{"slug":"b"})"));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_FALSE(events[0].shown->value);
  EXPECT_EQ(events[0].shown->incarnation, "om_1");
}

TEST(PulledEvent, HasATimeInWhateverFormItIsWritten) {
  const auto page =
      read(R"({"id":"event_1","event":"user.deleted","created_at":"2026-04-28 20:05:31.093",)"
           R"("data":{"id":"user_1","updated_at":"2026-04-28T20:05:31+02:00"}})");
  ASSERT_THAT(page.events, SizeIs(1));
  EXPECT_FALSE(page.events[0].problem);
  EXPECT_EQ(page.events[0].at, "2026-04-28 20:05:31.093");
  EXPECT_EQ(page.last_at, "2026-04-28 20:05:31.093");
  EXPECT_EQ(page.events[0].actor, "") << "WorkOS did not say";
}

}  // namespace
}  // namespace rolecall
