#include "workflows/adopt_links.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using workos::Tenant;
using workos::User;

User ann() {
  return {.id = "user_1", .email = "Ann@Example.com", .email_verified = true, .external_id = ""};
}

TEST(AdoptLinks, AnOrganizationIsLinkedByItsExternalId) {
  const OrganizationMatch match{.id = "acme", .by_external_id = Tenant{"org_1", "acme"}};
  const Link link = link_organization(match, {});
  EXPECT_EQ(link.end, LinkEnd::link);
  EXPECT_EQ(link.id, "org_1");
  EXPECT_EQ(link.by, "external_id");
}

TEST(AdoptLinks, AnOrganizationThatIsNamedAsAtWorkosIsLinkedByItsId) {
  const OrganizationMatch match{.id = "org_1", .by_id = Tenant{"org_1", ""}};
  const Link link = link_organization(match, {});
  EXPECT_EQ(link.end, LinkEnd::link);
  EXPECT_EQ(link.by, "id");
}

TEST(AdoptLinks, TwoOrganizationsThatItMayBeAreAmbiguous) {
  const OrganizationMatch match{
      .id = "org_1", .by_id = Tenant{"org_1", ""}, .by_external_id = Tenant{"org_2", "org_1"}};
  EXPECT_FALSE(tenant_of(match));
  EXPECT_EQ(link_organization(match, {}).end, LinkEnd::ambiguous);
}

TEST(AdoptLinks, ALinkedOrganizationStaysLinkedWhateverItsExternalId) {
  const OrganizationMatch match{
      .id = "acme", .linked = "org_1", .by_id = Tenant{"org_1", "crm-17"}};
  const Link link = link_organization(match, {});
  EXPECT_EQ(link.end, LinkEnd::linked);
  EXPECT_EQ(link.id, "org_1");
}

TEST(AdoptLinks, AnOrganizationDeletedAtWorkosIsGoneAndOneNeverMadeIsNotFound) {
  EXPECT_EQ(link_organization({.id = "acme", .linked = "org_1"}, {}).end, LinkEnd::gone);
  EXPECT_EQ(link_organization({.id = "acme"}, {}).end, LinkEnd::not_found);
}

TEST(AdoptLinks, AnOrganizationOfAnothersIsAConflict) {
  const OrganizationMatch match{.id = "acme", .by_external_id = Tenant{"org_1", "acme"}};
  const Link held = link_organization(match, {.holder = "other"});
  EXPECT_EQ(held.end, LinkEnd::conflict);
  EXPECT_EQ(held.detail, "org_1 is linked to organization other");
  EXPECT_EQ(
      link_organization({.id = "org_1", .by_id = Tenant{"org_1", "other"}}, {.names_another = true})
          .end,
      LinkEnd::conflict);
}

TEST(AdoptLinks, AUserWhoIsLinkedStaysSo) {
  const Link link = link_user({.theirs = ann(), .holder = "ann"});
  EXPECT_EQ(link.end, LinkEnd::linked);
  EXPECT_EQ(link.id, "ann");
}

TEST(AdoptLinks, AUserIsLinkedByTheExternalIdWhoeverHasTheAddress) {
  const Link link = link_user(
      {.theirs = ann(), .named = Person{"ann", ""}, .same_address = {{"annie", ""}, {"anne", ""}}});
  EXPECT_EQ(link.end, LinkEnd::link);
  EXPECT_EQ(link.id, "ann");
  EXPECT_EQ(link.by, "external_id");
}

TEST(AdoptLinks, AUserNamedByTwoWaysIsAConflict) {
  EXPECT_EQ(link_user({.theirs = ann(), .named = Person{"ann", "user_9"}}).end, LinkEnd::conflict);
  EXPECT_EQ(link_user({.theirs = ann(), .holder = "bob", .named = Person{"ann", ""}}).end,
            LinkEnd::conflict);
}

TEST(AdoptLinks, AnAddressIsAskedAboutBeforeItLinks) {
  const UserMatch match{.theirs = ann(), .same_address = {{"ann", ""}}};
  EXPECT_EQ(link_user(match).end, LinkEnd::ask);
  const Link link = link_by_address(match, {.same_address = {ann()}});
  EXPECT_EQ(link.end, LinkEnd::link);
  EXPECT_EQ(link.id, "ann");
  EXPECT_EQ(link.by, "email");
}

TEST(AdoptLinks, AnAddressThatNobodyVerifiedLinksNobody) {
  UserMatch match{.theirs = ann(), .same_address = {{"ann", ""}}};
  match.theirs.email_verified = false;
  EXPECT_EQ(link_user(match).end, LinkEnd::unverified);
}

TEST(AdoptLinks, AnAddressOfTwoIsAmbiguousOnEitherSide) {
  const UserMatch here{.theirs = ann(), .same_address = {{"ann", ""}, {"anne", ""}}};
  EXPECT_EQ(link_user(here).end, LinkEnd::ambiguous);
  const UserMatch match{.theirs = ann(), .same_address = {{"ann", ""}}};
  User other = ann();
  other.id = "user_2";
  other.email = "ann@example.com";
  EXPECT_EQ(link_by_address(match, {.same_address = {ann(), other}}).end, LinkEnd::ambiguous);
}

TEST(AdoptLinks, AnAddressOfSomebodyWhoIsAnotherUserIsAConflict) {
  EXPECT_EQ(link_user({.theirs = ann(), .same_address = {{"ann", "user_9"}}}).end,
            LinkEnd::conflict);
  const UserMatch match{.theirs = ann(), .same_address = {{"ann", ""}}};
  User named = ann();
  named.id = "user_2";
  EXPECT_EQ(link_by_address(match, {.same_address = {ann()}, .named = named}).end,
            LinkEnd::conflict);
}

TEST(AdoptLinks, AStrangerIsLeftAStranger) {
  EXPECT_EQ(link_user({.theirs = ann()}).end, LinkEnd::stranger);
}

}  // namespace
}  // namespace rolecall
