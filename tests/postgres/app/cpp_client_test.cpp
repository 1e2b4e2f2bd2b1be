// rolecall::client against the functions that it calls: each is called once, as an application.
#include <pqxx/pqxx>

#include "client/rolecall/arguments.hpp"
#include "client/rolecall/client.hpp"
#include "client/rolecall/enqueue.hpp"
#include "client/rolecall/logins.hpp"
#include "client/rolecall/transaction.hpp"
#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

namespace client = rolecall::client;

class CppClient : public AppWorld {
 protected:
  CppClient() : connection(database.url_as("rolecall_app")) {}

  // Runs `work` in one transaction and commits.
  template <class Work>
  void committed(Work work) {
    client::in_transaction(connection, work);
  }
  std::string outbox_rows() { return value("select count(*) from rolecall.outbox"); }

  pqxx::connection connection;
};

TEST_F(CppClient, MakesAMemberWithRolesAndTheirRowsInOneTransaction) {
  std::string urn;
  committed([&](pqxx::work& in) {
    urn = client::create_role(in, "acme", "Billing", {.description = "Who \"pays\"", .slug = {}});
    client::add_member(in, "acme", "ann", {urn});
  });
  EXPECT_EQ(urn.rfind("role:organization:", 0), 0U) << urn;
  EXPECT_EQ(value("select description from rolecall.organization_roles"), "Who \"pays\"");
  EXPECT_EQ(said_roles("member:acme:user_a"), "org-billing");
  EXPECT_EQ(outbox_rows(), "2");
}

TEST_F(CppClient, LeavesNothingOfATransactionThatIsGivenUp) {
  {
    pqxx::work in(connection);
    client::create_role(in, "acme", "Billing");
    in.abort();
  }
  EXPECT_EQ(value("select count(*) from rolecall.organization_roles"), "0");
  EXPECT_EQ(outbox_rows(), "0");
}

TEST_F(CppClient, SaysWhoActsAndWhyUntilTheTransactionEnds) {
  committed([](pqxx::work& in) {
    client::act_as(in, {"user-42", "a reason", "acme"});
    client::create_role(in, "acme", "Billing");
  });
  EXPECT_EQ(value("select enqueued_by || ': ' || reason from rolecall.outbox"),
            "user-42: a reason");
  pqxx::work later(connection);
  EXPECT_EQ(later.exec("select current_setting('app.user_id')")[0][0].as<std::string>(), "");
}

TEST_F(CppClient, IsRefusedWhatBelongsToAnotherOrganization) {
  pqxx::work in(connection);
  client::act_as(in, {"user-42", "", "other"});
  // 42501, which libpqxx tells as a class of its own.
  EXPECT_THROW(client::create_role(in, "acme", "Billing"), pqxx::insufficient_privilege);
}

TEST_F(CppClient, ChangesRolesFieldByField) {
  const auto urn = new_role("Billing");
  committed([&](pqxx::work& in) {
    client::update_role(in, urn, {.description = "all of it", .permissions = client::Texts{"a:b"}});
    client::update_role(in, urn, {.name = "Money"});
  });
  EXPECT_EQ(value("select concat_ws('|', workos_name, description, permissions) from (select "
                  "r.name as workos_name, r.description, r.permissions from "
                  "rolecall.organization_roles r) q"),
            "Money|all of it|{a:b}");
  committed([&](pqxx::work& in) { client::delete_role(in, urn); });
  EXPECT_EQ(newest(urn, "kind"), "role.remove");
}

TEST_F(CppClient, ChangesWhatAMemberHolds) {
  const auto one = new_role("One");
  const auto two = new_role("Two");
  add_member("ann", {one});
  const std::string ann = "member:acme:user_a";
  committed([&](pqxx::work& in) { client::add_member_role(in, "acme", "ann", two); });
  EXPECT_EQ(said_roles(ann), "org-one,org-two");
  committed([&](pqxx::work& in) { client::remove_member_role(in, "acme", "ann", one); });
  EXPECT_EQ(said_roles(ann), "org-two");
  committed([&](pqxx::work& in) {
    client::lock_subjects(in, {ann});
    client::set_member_roles(in, "acme", "ann", {one});
  });
  EXPECT_EQ(said_roles(ann), "org-one");
  committed([&](pqxx::work& in) { client::remove_member(in, "acme", "ann"); });
  EXPECT_EQ(newest(ann, "kind"), "member.remove");
}

TEST_F(CppClient, MakesOrganizationsAndPeopleKnownWithAndWithoutALink) {
  committed([](pqxx::work& in) {
    client::upsert_organization(in, "globex", "Globex", "org_2");
    client::upsert_user(in, "dan", "dan@x", std::nullopt);
  });
  EXPECT_EQ(value("select workos_organization_id from rolecall.organizations where id = 'globex'"),
            "org_2");
  EXPECT_EQ(value("select workos_user_id is null from rolecall.users where id = 'dan'"), "t");
}

TEST_F(CppClient, EnqueuesForTablesOfTheApplicationsOwn) {
  std::int64_t first = 0;
  std::int64_t second = 0;
  committed([&](pqxx::work& in) {
    const auto subject = "seat:" + client::key_part(in, "a:b");
    EXPECT_EQ(subject, "seat:a%3Ab");
    first = client::enqueue(
        in, {"acme", "role:x", "role.push",
             R"({"organization":"org_1","slug":"org-x","name":"X","description":null})"});
    second = client::enqueue(in, {"acme",
                                  subject,
                                  "member.push",
                                  R"({"organization":"org_1","user":"user_z","roles":["org-x"]})",
                                  {"role:x"},
                                  2});
  });
  EXPECT_LT(first, second);
  EXPECT_EQ(newest("seat:a%3Ab", "id"), std::to_string(second));
  EXPECT_EQ(newest("seat:a%3Ab", "priority"), "2");
}

TEST_F(CppClient, TellsOfLoginsAndAsksForALook) {
  add_member("ann", {new_role("One")});
  committed([](pqxx::work& in) {
    EXPECT_EQ(
        client::observe_member_roles(in, "acme", "ann", {"org-other", "member"}, 1'768'478'400),
        "asked");
    client::request_member_sync(in, "acme", "ann");
  });
}

TEST_F(CppClient, TriesATransactionAgainThatAnotherOneOvertook) {
  int runs = 0;
  committed([&](pqxx::work& in) {
    client::upsert_user(in, "dan" + std::to_string(runs), "dan@x", std::nullopt);
    if (++runs == 1)
      in.exec("do $$ begin raise exception 'overtaken' using errcode = '40001'; end $$");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(value("select string_agg(id, ' ') from rolecall.users where id like 'dan%'"), "dan1");
}

TEST_F(CppClient, GivesUpAfterAsManyTriesAsItWasGiven) {
  int runs = 0;
  const auto always = [&](pqxx::work& in) {
    ++runs;
    in.exec("do $$ begin raise exception 'overtaken' using errcode = '40P01'; end $$");
  };
  EXPECT_THROW(client::in_transaction(connection, always, 3), pqxx::deadlock_detected);
  EXPECT_EQ(runs, 3);
}

TEST_F(CppClient, TriesNothingAgainThatWasRefused) {
  int runs = 0;
  const auto refused = [&](pqxx::work& in) {
    ++runs;
    client::create_role(in, "nowhere", "Billing");
  };
  EXPECT_THROW(committed(refused), pqxx::sql_error);
  EXPECT_EQ(runs, 1);
}

TEST_F(CppClient, PassesAnyTextAsOneElementOfAnArray) {
  const client::Texts odd{"", "a,b", "{c}", "d\"e", "f\\g", "NULL", "h i", "'"};
  pqxx::work in(connection);
  const auto rows = in.exec_params("select unnest($1::text[])", client::detail::text_array(odd));
  client::Texts back;
  for (const auto& row : rows) back.push_back(row[0].as<std::string>());
  EXPECT_EQ(back, odd);
  EXPECT_EQ(client::detail::text_array(client::Texts{}), "{}");
}

}  // namespace
}  // namespace rolecall::testing
