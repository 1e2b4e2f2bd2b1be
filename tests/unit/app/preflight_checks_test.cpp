// Preflight's checks: for each finding facts that are well, and facts that are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/app/preflight/checks.hpp"

namespace rolecall::preflight {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Failure failing(FailureClass kind) {
  return {.kind = kind, .code = "some_code", .detail = "some detail"};
}

void expect_ok(const Finding& finding) {
  EXPECT_EQ(finding.verdict, Verdict::ok) << finding.detail;
  EXPECT_THAT(finding.to_do, IsEmpty());
}
void expect_not(const Finding& finding, Verdict verdict, const std::string& detail,
                const std::string& to_do) {
  EXPECT_EQ(finding.verdict, verdict) << finding.detail;
  EXPECT_THAT(finding.detail, HasSubstr(detail));
  EXPECT_THAT(finding.to_do, HasSubstr(to_do));
  EXPECT_FALSE(finding.unreachable);
}

TEST(PreflightDatabase, AnswersOrIsUnreachable) {
  expect_ok(check_database(std::string("15.20")));
  EXPECT_TRUE(check_database(failing(FailureClass::unavailable)).unreachable);
}

TEST(PreflightDatabase, ARefusedPasswordIsAnError) {
  expect_not(check_database(failing(FailureClass::bad_input)), Verdict::error, "some detail",
             "DATABASE_URL");
}

TEST(PreflightSchema, IsThereOrToBeMigrated) {
  expect_ok(check_schema(std::string("0013_grants")));
  auto missing = failing(FailureClass::bad_input);
  missing.code = "no_schema";
  expect_not(check_schema(missing), Verdict::error, "some detail", "rolecall migrate");
  missing.code = "schema_too_old";
  expect_not(check_schema(missing), Verdict::error, "some detail", "rolecall migrate");
}

TEST(PreflightSchema, OfANewerProgramOrHiddenFromThisUserSaysSo) {
  auto other = failing(FailureClass::bad_input);
  other.code = "schema_too_new";
  expect_not(check_schema(other), Verdict::error, "some detail", "program");
  other.code = "42501";
  expect_not(check_schema(other), Verdict::error, "some detail", "rolecall_worker");
}

ConnectionFacts connections(std::int64_t free) {
  return {.free = free, .most = 97, .limited_by = "max_connections", .needed = 6};
}

TEST(PreflightConnections, LeaveRoomForTwoWorkers) {
  expect_ok(check_connections(connections(12)));
  expect_not(check_connections(connections(11)), Verdict::warning, "11 of 97", "max_connections");
}

TEST(PreflightConnections, TooFewForOneWorkerAreAnError) {
  expect_not(check_connections(connections(6)), Verdict::warning, "6 of 97", "max_connections");
  expect_not(check_connections(connections(5)), Verdict::error, "5 of 97", "max_connections");
}

TEST(PreflightReplication, AStandbyThatKeepsUpIsWell) {
  expect_ok(check_replication(ReplicationFacts{.standbys = 1, .lag_s = 0.2}));
  expect_ok(check_replication(
      ReplicationFacts{.required = 1, .synchronous = 1, .standbys = 2, .idle_slots = {{"a", 9}}}));
}

TEST(PreflightReplication, NoStandbyIsAWarning) {
  expect_not(check_replication(ReplicationFacts{}), Verdict::warning, "no standby", "add one");
}

TEST(PreflightReplication, AStandbyFarBehindIsAWarning) {
  expect_not(check_replication(ReplicationFacts{.standbys = 1, .lag_s = 600}), Verdict::warning,
             "10 min behind", "");
}

TEST(PreflightReplication, ASlotThatNobodyReadsIsAWarningOnceItKeepsMuch) {
  expect_not(check_replication(ReplicationFacts{
                 .standbys = 1, .idle_slots = {{"old_reader", std::int64_t{3} << 30}}}),
             Verdict::warning, "old_reader", "pg_drop_replication_slot");
}

TEST(PreflightReplication, ACommitThatWaitsForNobodyIsAnError) {
  expect_not(check_replication(ReplicationFacts{.required = 2, .synchronous = 1, .standbys = 1}),
             Verdict::error, "a commit waits for 2", "synchronous_standby_names");
  EXPECT_EQ(check_replication(ReplicationFacts{.required = 1, .standbys = 1, .states_hidden = true})
                .verdict,
            Verdict::ok)
      << "what this user may not see is not held against the server";
}

TEST(PreflightReplication, AStandbyIsNoDatabaseToWorkOn) {
  expect_not(check_replication(ReplicationFacts{.in_recovery = true}), Verdict::error, "standby",
             "target_session_attrs");
}

TEST(PreflightWorkos, AnswersOrIsUnreachable) {
  expect_ok(check_workos(WorkosFacts{}));
  expect_ok(check_workos(failing(FailureClass::unauthorised)));
  EXPECT_TRUE(check_workos(failing(FailureClass::transient)).unreachable);
  EXPECT_TRUE(check_workos(failing(FailureClass::in_doubt)).unreachable);
  expect_not(check_workos(failing(FailureClass::look_first)), Verdict::error, "some detail",
             "WORKOS_API_BASE_URL");
}

TEST(PreflightKey, IsAcceptedOrNot) {
  expect_ok(check_key(WorkosFacts{}));
  expect_not(check_key(failing(FailureClass::unauthorised)), Verdict::error, "refuses",
             "WORKOS_API_KEY");
  expect_not(check_key(failing(FailureClass::forbidden)), Verdict::error, "may not",
             "may read and write");
}

TEST(PreflightClock, AgreesWithinTheSecondThatWorkosSays) {
  expect_ok(check_clock({.database_ahead_s = 1.4}, {.taken = true, .tolerance_s = 180}));
  expect_ok(check_clock({.database_ahead_s = -29}, {.taken = true, .tolerance_s = 180}));
}

TEST(PreflightClock, FarApartIsAWarningAndBeyondTheWebhooksToleranceAnError) {
  const WorkosFacts behind{.database_ahead_s = -200};
  expect_not(check_clock({.database_ahead_s = 45}, {.taken = true, .tolerance_s = 180}),
             Verdict::warning, "45 s ahead of", "NTP");
  expect_not(check_clock(behind, {.taken = true, .tolerance_s = 180}), Verdict::error, "behind",
             "NTP");
  expect_not(check_clock(behind, {.taken = false, .tolerance_s = 180}), Verdict::warning, "behind",
             "NTP");
}

TEST(PreflightEnvironment, OneOfTheSampleIsEnough) {
  expect_ok(
      check_environment(EnvironmentSample{.asked = {"org_1", "org_2"}, .found = true}, false));
  expect_ok(check_environment(EnvironmentSample{}, false));
}

TEST(PreflightEnvironment, NoneOfTheSampleIsAnErrorUnlessAccepted) {
  const EnvironmentSample none{.asked = {"org_1", "org_2"}};
  expect_not(check_environment(none, false), Verdict::error, "org_1, org_2",
             "ROLECALL_ACCEPT_ENVIRONMENT");
  expect_not(check_environment(none, true), Verdict::warning, "org_1, org_2", "");
  EXPECT_TRUE(refusal_of(none));
  EXPECT_FALSE(refusal_of({.asked = {"org_1"}, .found = true}));
  EXPECT_FALSE(refusal_of({}));
}

TEST(PreflightOrganizations, AreAllThereOrNamed) {
  expect_ok(check_organizations(OrganizationFacts{.linked = 3}));
  OrganizationFacts facts{.linked = 9};
  for (const auto* id : {"a", "b", "c", "d", "e", "f", "g"})
    facts.lost.push_back({id, std::string("org_") + id});
  const auto finding = check_organizations(facts);
  expect_not(finding, Verdict::error, "7 of 9 linked: a (org_a), b (org_b)", "upsert_organization");
  EXPECT_THAT(finding.detail, HasSubstr("and 2 more"));
}

TEST(PreflightRoles, AdminAndMemberAreThere) {
  expect_ok(check_roles(RoleFacts{.at_workos = {"admin", "member", "x"},
                                  .here = {"admin", "member"},
                                  .default_slug = "member"}));
}

TEST(PreflightRoles, OneThatIsMissingAtWorkosIsAnError) {
  expect_not(check_roles(RoleFacts{
                 .at_workos = {"member"}, .here = {"admin", "member"}, .default_slug = "member"}),
             Verdict::error, "no role admin", "dashboard");
  expect_not(
      check_roles(RoleFacts{
          .at_workos = {"admin", "member"}, .here = {"admin", "member"}, .default_slug = "viewer"}),
      Verdict::error, "no role viewer", "default_role_slug");
}

TEST(PreflightRoles, OneThatIsNotKnownHereYetIsAWarning) {
  expect_not(check_roles(RoleFacts{
                 .at_workos = {"admin", "member"}, .here = {"admin"}, .default_slug = "member"}),
             Verdict::warning, "member is not known", "sync-roles");
}

TEST(PreflightNames, ThatWorkosTakesOrNot) {
  expect_ok(check_names(NameFacts{}));
  expect_not(check_names(NameFacts{.refused = 7,
                                   .first = {{"organization acme", "org-x", "the name is empty"}}}),
             Verdict::error, "7 roles: org-x (organization acme): the name is empty and 6 more",
             "update_role");
}

TEST(PreflightMultipleRoles, NobodyWithSeveralIsWellEitherWay) {
  expect_ok(check_multiple_roles(MultipleRolesFacts{}));
  expect_ok(check_multiple_roles(MultipleRolesFacts{.allowed_here = false}));
}

TEST(PreflightMultipleRoles, AreWellWhereWorkosShowsThem) {
  expect_ok(check_multiple_roles(MultipleRolesFacts{.members = 3, .shown_there = true}));
  expect_not(check_multiple_roles(MultipleRolesFacts{.members = 3}), Verdict::warning,
             "does not say", "dashboard");
}

TEST(PreflightMultipleRoles, AgainstTheSettingOrRefusedAreAnError) {
  expect_not(check_multiple_roles(MultipleRolesFacts{.allowed_here = false, .members = 1}),
             Verdict::error, "1 member holds several roles", "dashboard");
  expect_not(
      check_multiple_roles(MultipleRolesFacts{.members = 2, .refused = 1, .shown_there = true}),
      Verdict::error, "refused 1 change", "rolecall.release");
}

WebhookFacts webhooks(const std::string& secret, bool enabled = true) {
  return {.secrets = {Secret("whsec_old"), Secret("whsec_new")},
          .endpoints = {{.secret = Secret("whsec_others"), .enabled = true, .events = {}},
                        {.secret = Secret(secret), .enabled = enabled, .events = {"a", "b"}}},
          .followed = {"a", "b"}};
}

TEST(PreflightWebhooks, AnEndpointThatSignsWithAConfiguredSecretIsWell) {
  expect_ok(check_webhooks(webhooks("whsec_new")));
}

TEST(PreflightWebhooks, WithoutASecretTheyAreAWarning) {
  expect_not(check_webhooks(WebhookFacts{}), Verdict::warning, "no secret",
             "WORKOS_WEBHOOK_SECRET");
}

TEST(PreflightWebhooks, ASecretThatNoEnabledEndpointHasIsAnError) {
  for (const auto& facts : {webhooks("whsec_third"), webhooks("whsec_new", false)}) {
    const auto finding = check_webhooks(facts);
    expect_not(finding, Verdict::error, "none of", "WORKOS_WEBHOOK_SECRET");
    EXPECT_THAT(finding.detail + finding.to_do, Not(HasSubstr("whsec")));
  }
}

TEST(PreflightWebhooks, AnEndpointThatIsNotToldAllIsAWarning) {
  auto facts = webhooks("whsec_old");
  facts.followed.emplace_back("role.updated");
  expect_not(check_webhooks(facts), Verdict::warning, "role.updated", "sent them");
}

TEST(PreflightWebhooks, ThatThisKeyMayNotSeeAreAWarning) {
  expect_not(check_webhooks(failing(FailureClass::forbidden)), Verdict::warning, "may not",
             "dashboard");
}

constexpr double kDay = 86'400;
EventFacts followed() {
  return {.enabled = true, .started = true, .read_s = 4, .kept_s = 29 * kDay};
}

TEST(PreflightEvents, ReadLatelyOrNeverFollowedAreWell) {
  expect_ok(check_events(followed()));
  expect_ok(check_events(EventFacts{.kept_s = 29 * kDay}));
}

TEST(PreflightEvents, OlderThanWhatIsKeptIsAnErrorOnAndOff) {
  auto facts = followed();
  facts.read_s = 29 * kDay;
  expect_not(check_events(facts), Verdict::error, "29 days", "start_events");
  facts.enabled = false;
  expect_not(check_events(facts), Verdict::error, "29 days", "start_events");
}

TEST(PreflightEvents, NotReadForLongOrSwitchedOffIsAWarning) {
  auto facts = followed();
  facts.read_s = 3 * kDay;
  expect_not(check_events(facts), Verdict::warning, "3 days", "rolecall status");
  facts.enabled = false;
  expect_not(check_events(facts), Verdict::warning, "switched off", "enable_schedule");
}

TEST(PreflightEvents, AGapAFailureOrARefusalIsAnError) {
  auto gap = followed();
  gap.gap = "cursor unknown";
  expect_not(check_events(gap), Verdict::error, "cursor unknown", "start_events");
  auto failing_long = followed();
  failing_long.failing_s = 700;
  failing_long.last_result = "status 500";
  expect_not(check_events(failing_long), Verdict::error, "12 min: status 500", "");
  auto refused = followed();
  refused.refused = "not yours";
  expect_not(check_events(refused), Verdict::error, "not yours", "key");
}

TEST(PreflightEvents, AnOrganizationThatStandsStillIsAWarning) {
  auto facts = followed();
  facts.parked = 1;
  expect_not(check_events(facts), Verdict::warning, "1 organization stands still", "attention");
}

TEST(PreflightChecks, WhatCouldNotBeReadIsAnErrorAndUnreachableWhereItIs) {
  const auto gone = failing(FailureClass::transient);
  for (const auto& finding :
       {check_connections(gone), check_replication(gone), check_environment(gone, false),
        check_organizations(gone), check_roles(gone), check_names(gone), check_multiple_roles(gone),
        check_webhooks(gone), check_events(gone)}) {
    EXPECT_EQ(finding.verdict, Verdict::error) << finding.name;
    EXPECT_TRUE(finding.unreachable) << finding.name;
    EXPECT_THAT(finding.detail, HasSubstr("some detail")) << finding.name;
  }
}

}  // namespace
}  // namespace rolecall::preflight
