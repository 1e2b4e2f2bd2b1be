// Users.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Users : public Environment {
 protected:
  const std::string all_ = "/user_management/users";
};

TEST_F(Users, AreCreatedAndReadByIdExternalIdAndEmail) {
  const Answer made = call("POST", all_,
                           R"({"email":"zoe@example.com","first_name":"Zoe","last_name":"Q",
                               "external_id":"42","metadata":{"team":"a"}})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.text("/name"), "Zoe Q");
  EXPECT_EQ(made.text("/metadata/team"), "a");
  EXPECT_EQ(made.at("/email_verified"), false);
  EXPECT_EQ(call("GET", all_ + "/" + made.text("/id")).text("/email"), "zoe@example.com");
  EXPECT_EQ(call("GET", all_ + "/external_id/42").text("/id"), made.text("/id"));
  EXPECT_THAT(call("GET", all_ + "?email=ZOE%40example.com").texts("/data", "id"),
              ElementsAre(made.text("/id")));
  EXPECT_THAT(new_events(), ElementsAre("user.created"));
}

TEST_F(Users, RefuseAnEmailThatIsTakenInAnyCaseAndOneThatIsNone) {
  for (const char* body : {R"({"email":"ADA@example.com"})", R"({"email":"no-address"})"}) {
    const Answer refused = call("POST", all_, body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.code(), "user_creation_error");
  }
  EXPECT_EQ(call("POST", all_, "{}").status, 422);
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(Users, RefuseAnExternalIdThatIsTakenTooLongOrNotAscii) {
  create(all_, R"({"email":"a1@example.com","external_id":"42"})");
  const Answer taken = call("POST", all_, R"({"email":"a2@example.com","external_id":"42"})");
  EXPECT_EQ(taken.text("/errors/0/code"), "external_id_already_used");
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"external_id":"42"})").code(),
            "external_id_already_used");
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"external_id":"ü"})").status, 422);
  const std::string long_id(129, 'x');
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"external_id":")" + long_id + R"("})").status, 422);
}

TEST_F(Users, AreUpdatedFieldByFieldAndMetadataIsMerged) {
  call("PUT", all_ + "/user_ada", R"({"first_name":"Ada","metadata":{"a":"1","b":"2"}})");
  new_events();
  const Answer put =
      call("PUT", all_ + "/user_ada", R"({"metadata":{"a":null,"c":"3"},"external_id":"7"})");
  EXPECT_EQ(put.text("/first_name"), "Ada");
  EXPECT_EQ(boost::json::serialize(put.at("/metadata")), R"({"b":"2","c":"3"})");
  EXPECT_THAT(new_events(), ElementsAre("user.updated"));
  call("PUT", all_ + "/user_ada", R"({"first_name":"Ada"})");
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(Users, RefuseAnEmailOfAnotherUserAndMetadataThatIsTooBig) {
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"email":"Bob@example.com"})").code(),
            "email_not_available");
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"email":"nothing"})").code(), "invalid_email");
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"email":"Ada@example.com"})").status, 200);
  const std::string big(601, 'x');
  EXPECT_EQ(call("PUT", all_ + "/user_ada", R"({"metadata":{"a":")" + big + R"("}})").code(),
            "invalid_metadata");
  EXPECT_EQ(call("PUT", all_ + "/user_no", "{}").status, 404);
}

TEST_F(Users, AreListedByOrganization) {
  add_member("org_acme", "user_bob");
  EXPECT_THAT(call("GET", all_ + "?organization_id=org_acme").texts("/data", "id"),
              ElementsAre("user_bob"));
  EXPECT_THAT(call("GET", all_).texts("/data", "id"),
              ElementsAre("user_eve", "user_bob", "user_ada"));
}

TEST_F(Users, ThatAreDeletedLeaveTheirOrganizationsFirst) {
  add_member("org_acme", "user_bob");
  add_member("org_beta", "user_bob");
  new_events();
  EXPECT_EQ(call("DELETE", all_ + "/user_bob").status, 200);
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.deleted",
                                        "organization_membership.deleted", "user.deleted"));
  EXPECT_EQ(call("GET", all_ + "/user_bob").status, 404);
  EXPECT_EQ(call("DELETE", all_ + "/user_bob").status, 404);
}

}  // namespace
}  // namespace rolecall::emulator
