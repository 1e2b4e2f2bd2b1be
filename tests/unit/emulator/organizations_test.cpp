// Organizations.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Organizations : public Environment {
 protected:
  const std::string all_ = "/organizations";
};

TEST_F(Organizations, AreCreatedWithDomainsAndMetadataAndReadByExternalId) {
  const Answer made = call("POST", all_,
                           R"({"name":"New","external_id":"n1","metadata":{"tier":"gold"},
                               "domain_data":[{"domain":"new.example","state":"pending"}]})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.text("/domains/0/state"), "pending");
  EXPECT_EQ(made.text("/metadata/tier"), "gold");
  EXPECT_EQ(call("GET", all_ + "/external_id/n1").text("/id"), made.text("/id"));
  EXPECT_EQ(call("GET", all_ + "/external_id/n2").status, 404);
  EXPECT_THAT(new_events(), ElementsAre("organization.created"));
}

TEST_F(Organizations, MakeARetriedCreateSafeByTheirExternalId) {
  create(all_, R"({"name":"New","external_id":"n1"})");
  const Answer again = call("POST", all_, R"({"name":"New","external_id":"n1"})");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(again.code(), "external_id_already_used");
  EXPECT_EQ(call("PUT", all_ + "/org_acme", R"({"external_id":"n1"})").status, 400);
}

TEST_F(Organizations, RefuseANameThatIsMissingAndADomainThatIsTaken) {
  EXPECT_EQ(call("POST", all_, "{}").status, 422);
  EXPECT_EQ(call("POST", all_, R"({"name":"x","domain_data":[{"domain":"a.example"}]})").status,
            422);
  EXPECT_EQ(call("POST", all_, R"({"name":"x","domain_data":[7]})").status, 422);
  const std::string domain = R"({"name":"x","domains":["a.example"]})";
  create(all_, domain);
  EXPECT_EQ(call("POST", all_, domain).status, 409);
}

TEST_F(Organizations, AreUpdatedFieldByField) {
  const Answer put = call("PUT", all_ + "/org_acme", R"({"name":"Acme 2"})");
  EXPECT_EQ(put.text("/name"), "Acme 2");
  EXPECT_EQ(last_event().at_pointer("/context/previous_attributes/name"), "Acme");
  new_events();
  call("PUT", all_ + "/org_acme", R"({"name":"Acme 2"})");
  EXPECT_THAT(new_events(), IsEmpty());
  EXPECT_EQ(call("PUT", all_ + "/org_no", R"({"name":"x"})").status, 404);
  call("PUT", all_ + "/org_beta", R"({"stripe_customer_id":"cus_1"})");
  EXPECT_EQ(call("PUT", all_ + "/org_acme", R"({"stripe_customer_id":"cus_1"})").code(),
            "stripe_customer_id_already_used");
}

TEST_F(Organizations, AreFoundByNameAndDomain) {
  create(all_, R"({"name":"Gamma","domains":["gamma.example"]})");
  EXPECT_THAT(call("GET", all_ + "?search=Gam").texts("/data", "name"), ElementsAre("Gamma"));
  EXPECT_THAT(call("GET", all_ + "?domains=gamma.example,other").texts("/data", "name"),
              ElementsAre("Gamma"));
}

TEST_F(Organizations, ThatAreDeletedTakeTheirMembershipsAlong) {
  add_member("org_acme", "user_ada");
  new_events();
  EXPECT_EQ(call("DELETE", all_ + "/org_acme").status, 200);
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.deleted", "organization.deleted"));
  EXPECT_EQ(call("GET", all_ + "/org_acme").status, 404);
  EXPECT_EQ(call("GET", "/authorization/organizations/org_acme/roles").status, 404);
}

class Permissions : public Environment {
 protected:
  const std::string all_ = "/authorization/permissions";
};

TEST_F(Permissions, AreCreatedReadChangedAndDeleted) {
  create(all_, R"({"slug":"docs:read","name":"Read"})");
  EXPECT_EQ(call("POST", all_, R"({"slug":"docs:read","name":"Read"})").code(),
            "permission_slug_conflict");
  EXPECT_EQ(call("GET", all_ + "/docs%3Aread").text("/name"), "Read");
  EXPECT_EQ(call("PATCH", all_ + "/docs%3Aread", R"({"name":"Look"})").text("/name"), "Look");
  EXPECT_THAT(call("GET", all_).texts("/data", "slug"), ElementsAre("docs:read"));
  EXPECT_EQ(call("DELETE", all_ + "/docs%3Aread").status, 204);
  EXPECT_EQ(call("GET", all_ + "/docs%3Aread").status, 404);
  EXPECT_THAT(new_events(),
              ElementsAre("permission.created", "permission.updated", "permission.deleted"));
}

TEST_F(Permissions, RefuseASlugWithOtherCharacters) {
  EXPECT_EQ(call("POST", all_, R"({"slug":"a:b.*","name":"x"})").status, 201);
  EXPECT_EQ(call("POST", all_, R"({"slug":"A b","name":"x"})").status, 422);
}

TEST_F(Permissions, ThatAreDeletedLeaveTheRolesThatCarryThem) {
  create(all_, R"({"slug":"docs:read","name":"Read"})");
  call("PUT", "/authorization/roles/admin/permissions", R"({"permissions":["docs:read"]})");
  new_events();
  call("DELETE", all_ + "/docs%3Aread");
  EXPECT_THAT(new_events(), ElementsAre("role.updated", "permission.deleted"));
  EXPECT_TRUE(call("GET", "/authorization/roles/admin").at("/permissions").as_array().empty());
}

}  // namespace
}  // namespace rolecall::emulator
