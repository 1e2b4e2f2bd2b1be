// Logins against the emulator: the local rows follow what WorkOS answers, whatever the token said.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

class Login : public ::testing::Test {
 protected:
  Login() { stand.start_worker(); }

  std::string observe(const std::string& who, const std::string& slug) {
    return stand.db().value(
        "select rolecall.observe_member_roles('acme', $1, array[$2], now() + interval '1 s')",
        {who, slug});
  }
  // As a person would in the dashboard: no call of ours, and no row here knows of it.
  void edit(const std::string& method, const std::string& path, const std::string& body) {
    stand.control(
        "POST", "/_emulator/edit",
        fmt::format(R"({{"method":"{}","path":"/user_management/organization_memberships{}",)"
                    R"("body":{}}})",
                    method, path, body));
  }
  void join_in_the_dashboard(const std::string& user, const std::string& slug) {
    edit("POST", "",
         fmt::format(R"({{"organization_id":"org_1","user_id":"{}","role_slugs":["{}"]}})", user,
                     slug));
  }
  void until_holds(const std::string& user, const std::string& slugs) {
    stand.until(
        "select coalesce(string_agg(g.workos_slug, ' ' order by g.workos_slug), '') "
        "from rolecall.organization_role_assignments a join rolecall.global_roles g "
        "on 'role:global:' || g.id = a.role_urn where a.deleted_at is null "
        "and a.workos_user_id = '" +
            user + "'",
        slugs);
  }

  Stand stand{};
};

TEST_F(Login, HealsAMemberWhomTheDashboardChanged) {
  stand.db().sql(
      "select rolecall.add_member('acme', 'ann', array[(select 'role:global:' || id "
      "from rolecall.global_roles where workos_slug = 'member')])");
  stand.settle();
  const auto membership =
      stand.db().value("select workos_membership_id from rolecall.organization_memberships");
  edit("PUT", "/" + membership, R"({"role_slugs":["admin"]})");
  EXPECT_EQ(observe("user_ann", "admin"), "asked");
  until_holds("user_ann", "admin");
  stand.settle();
  EXPECT_EQ(observe("user_ann", "admin"), "agrees");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all"), "1")
      << "what WorkOS holds already is not said again";
}

TEST_F(Login, GivesAStrangerTheTokensRolesUntilWorkosWasRead) {
  join_in_the_dashboard("user_eve", "member");
  EXPECT_EQ(observe("user_eve", "admin"), "entered");
  until_holds("user_eve", "member");
  stand.settle();
  EXPECT_EQ(stand.db().value("select user_id from rolecall.organization_memberships"), "eve");
}

TEST_F(Login, TakesBackWhatATokenOfSomebodyWhoIsGoneGave) {
  EXPECT_EQ(observe("user_bob", "admin"), "entered");
  until_holds("user_bob", "");
  stand.settle();
  EXPECT_EQ(stand.db().value("select deleted_at is not null from "
                             "rolecall.organization_memberships"),
            "t");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.outbox_all"), "0");
}

TEST_F(Login, ARequestBringsInWhomWorkosKnows) {
  join_in_the_dashboard("user_eve", "admin");
  stand.db().sql("select rolecall.request_member_sync('acme', 'eve')");
  stand.db().sql("select rolecall.request_member_sync('acme', 'bob')");
  until_holds("user_eve", "admin");
  stand.settle();
  until_holds("user_bob", "");
}

}  // namespace
}  // namespace rolecall::testing
