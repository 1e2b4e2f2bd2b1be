// Invitations, and the pending memberships that they make.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;

class Invitations : public Environment {
 protected:
  const std::string all_ = "/user_management/invitations";
  const std::string ada_ = R"({"email":"ada@example.com","organization_id":"org_acme"})";

  std::string status_of_ada() {
    return call("GET",
                "/user_management/organization_memberships?user_id=user_ada"
                "&statuses=active,inactive,pending")
        .text("/data/0/status");
  }
};

TEST_F(Invitations, OfAKnownUserMakeAPendingMembership) {
  const Answer made = call("POST", all_, ada_);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.text("/state"), "pending");
  EXPECT_EQ(made.text("/expires_at"), "2026-01-22T12:00:00.000Z");
  EXPECT_EQ(status_of_ada(), "pending");
  EXPECT_THAT(new_events(), ElementsAre("invitation.created", "organization_membership.created"));
  EXPECT_EQ(emulator_.state().events[0].text.find("token"), std::string::npos);
  EXPECT_EQ(call("GET", all_ + "/by_token/" + made.text("/token")).text("/id"), made.text("/id"));
}

TEST_F(Invitations, ThatAreAcceptedMakeTheMemberActive) {
  const std::string id = create(all_, ada_);
  new_events();
  EXPECT_EQ(call("POST", all_ + "/" + id + "/accept").text("/accepted_user_id"), "user_ada");
  EXPECT_EQ(status_of_ada(), "active");
  EXPECT_THAT(new_events(), ElementsAre("invitation.accepted", "organization_membership.updated"));
  EXPECT_EQ(call("POST", all_ + "/" + id + "/accept").code(), "invite_not_pending");
  EXPECT_EQ(call("POST", all_ + "/" + id + "/resend").code(), "invite_accepted");
}

TEST_F(Invitations, OfAStrangerMakeTheUserWhenTheyAreAccepted) {
  const std::string id = create(
      all_, R"({"email":"new@example.com","organization_id":"org_acme","role_slug":"admin"})");
  new_events();
  call("POST", all_ + "/" + id + "/accept");
  EXPECT_THAT(new_events(), ElementsAre("user.created", "invitation.accepted",
                                        "organization_membership.created"));
}

TEST_F(Invitations, ThatAreRevokedTakeThePendingMembershipAway) {
  const std::string id = create(all_, ada_);
  new_events();
  EXPECT_EQ(call("POST", all_ + "/" + id + "/revoke").text("/state"), "revoked");
  EXPECT_EQ(status_of_ada(), "");
  EXPECT_THAT(new_events(), ElementsAre("invitation.revoked", "organization_membership.deleted"));
  EXPECT_EQ(call("POST", all_ + "/" + id + "/revoke").code(), "invite_not_pending");
}

TEST_F(Invitations, ExpireAfterTheirDays) {
  const std::string id = create(
      all_, R"({"email":"new@example.com","organization_id":"org_acme","expires_in_days":1})");
  EXPECT_EQ(call("POST", all_ + "/" + id + "/resend").status, 200);
  pass(std::chrono::hours{25});
  EXPECT_EQ(call("GET", all_ + "/" + id).text("/state"), "expired");
  EXPECT_EQ(call("POST", all_ + "/" + id + "/resend").code(), "invite_expired");
}

TEST_F(Invitations, AreRefusedWithTheReason) {
  add_member("org_beta", "user_ada");
  const std::string beta = R"(,"organization_id":"org_beta")";
  const auto refused = [&](const std::string& rest) {
    return call("POST", all_, R"({"email":"ada@example.com")" + rest + "}").code();
  };
  EXPECT_EQ(refused(beta), "user_already_organization_member");
  EXPECT_EQ(refused(""), "user_already_exists");
  EXPECT_EQ(refused(beta + R"(,"role_slug":"nobody")"), "invalid_role");
  EXPECT_EQ(refused(beta + R"(,"expires_in_days":0)"), "expires_in_days_too_short");
  EXPECT_EQ(refused(beta + R"(,"expires_in_days":31)"), "expires_in_days_too_long");
  EXPECT_EQ(refused(R"(,"organization_id":"org_no")"), "entity_not_found");
  create(all_, ada_);
  EXPECT_EQ(call("POST", all_, ada_).code(), "email_already_invited_to_organization");
  create(all_, R"({"email":"new@example.com"})");
  EXPECT_EQ(call("POST", all_, R"({"email":"new@example.com"})").code(), "email_already_invited");
  EXPECT_EQ(call("POST", all_, R"({"email":"nothing"})").status, 422);
}

TEST_F(Invitations, AreListedByEmailAndOrganization) {
  create(all_, ada_);
  create(all_, R"({"email":"new@example.com","organization_id":"org_beta"})");
  EXPECT_THAT(call("GET", all_ + "?organization_id=org_beta").texts("/data", "email"),
              ElementsAre("new@example.com"));
  EXPECT_THAT(call("GET", all_ + "?email=ada@example.com").texts("/data", "email"),
              ElementsAre("ada@example.com"));
}

}  // namespace
}  // namespace rolecall::emulator
