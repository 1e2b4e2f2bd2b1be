// What the guides show for each language, run as an application would: the same is expected of all.
#include "tests/guides/languages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kBound = std::chrono::seconds(60);

// A table of the application's own, whose `attempt` counts also what is rolled back;
// members ann, who is an administrator too, and bob; kim, who is known but not at WorkOS.
class Languages : public ::testing::TestWithParam<Language> {
 protected:
  Languages() : program(program_of(GetParam())) {
    sql("create sequence attempts");
    sql("create table seats (organization text, person text, "
        "attempt bigint default nextval('attempts'), primary key (organization, person))");
    sql("grant select, insert on seats to rolecall_app");
    sql("grant usage on sequence attempts to rolecall_app");
    sql("select rolecall.upsert_organization('nowhere', 'Not at WorkOS', null)");
    sql("select rolecall.upsert_user('kim', 'kim@example.com', null)");
    sql("select rolecall.add_member('acme', 'ann', $1::text[])", array({"admin", "member"}));
    sql("select rolecall.add_member('acme', 'bob', $1::text[])", array({"member"}));
    const auto address = stand.db().tcp();
    sql("alter role " + address.user + " nosuperuser");
    sql("grant rolecall_app to " + address.user);
    url = address.url();
  }

  Finished seats(std::vector<std::string> arguments) { return run(invocation(arguments), kBound); }

  ProcessOptions invocation(std::vector<std::string> arguments, const std::string& options = "") {
    arguments.insert(arguments.begin(), program);
    const std::string asked = options.empty() ? "" : "?options=" + options;
    return {arguments, {{"DATABASE_URL", url + asked}}, ""};
  }

  // Each insert of a seat runs this; the first is number 1, and it is counted also if rolled back.
  void with_each_seat(const std::string& statement) {
    sql("create sequence seen");
    sql("grant usage on sequence seen to rolecall_app");
    sql("create function meddle() returns trigger language plpgsql as $$ declare number bigint := "
        "nextval('seen'); begin " +
        statement + "; return new; end $$");
    sql("create trigger meddle after insert on seats for each row execute function meddle()");
  }

  std::string urn(const std::string& slug) {
    return value("select role_urn from rolecall.list_roles('acme') where slug = $1", {slug});
  }
  Params array(const std::vector<std::string>& slugs) {
    std::vector<std::string> urns;
    for (const auto& slug : slugs) urns.push_back(urn(slug));
    return {array_literal(urns)};
  }
  std::string said_of_bob() {
    return value(
        "select string_agg(r, ' ' order by r) from rolecall.outbox_all o, "
        "jsonb_array_elements_text(o.desired -> 'roles') r where o.id = (select max(id) from "
        "rolecall.outbox_all where subject = 'member:acme:user_bob')");
  }

  Rows sql(const std::string& text, const Params& params = {}) {
    return stand.db().sql(text, params);
  }
  std::string value(const std::string& text, const Params& params = {}) {
    return stand.db().value(text, params);
  }
  std::string seats_given() { return value("select count(*) from seats"); }
  std::string rows() { return value("select count(*) from rolecall.outbox_all"); }

  std::string program;
  Stand stand{};  // without a worker: what was written stays as it was written
  std::string url{};
};

TEST_P(Languages, WriteTheSeatAndTheOutboxRowInOneTransaction) {
  const auto finished = seats({"seat", "acme", "bob", urn("admin")});
  ASSERT_EQ(finished.output, "given\n");
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(value("select o.xmin = s.xmin from rolecall.outbox o, seats s "
                  "where o.subject = 'member:acme:user_bob' order by o.id desc limit 1"),
            "t");
  EXPECT_EQ(said_of_bob(), "admin");
  EXPECT_EQ(value("select concat_ws(', ', enqueued_by, reason) from rolecall.outbox_all "
                  "order by id desc limit 1"),
            "user-42, bought a seat");
}

TEST_P(Languages, LeaveNeitherWhereTheRolesAreRefused) {
  const auto before = rows();
  const auto finished = seats({"seat", "acme", "nobody", urn("admin")});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.output, AllOf(StartsWith("not found: "), HasSubstr("nobody")));
  EXPECT_EQ(seats_given(), "0");
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(value("select last_value from attempts"), "1") << "a refusal is not tried again";
}

TEST_P(Languages, NameEachDocumentedRefusal) {
  ASSERT_EQ(seats({"role", "acme", "acme", "Billing"}).output, urn("org-billing") + "\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> refused{
      {{"seat", "acme", "bob"}, "invalid: "},
      {{"role", "acme", "acme", "Billing"}, "exists: "},
      {{"seat", "acme", "nobody", urn("admin")}, "not found: "},
      {{"role", "nowhere", "acme", "Support"}, "forbidden: "},
      {{"seat", "acme", "kim", urn("admin")}, "not now: "},
      {{"seat", "acme", "ann", urn("member")}, "not now: "},  // the last administrator
      {{"login", "nowhere", "bob", "1768478400", "member"}, "not now: "},
  };
  for (const auto& [arguments, kind] : refused) {
    const auto finished = seats(arguments);
    EXPECT_EQ(finished.exit_code, 1) << finished.output;
    EXPECT_THAT(finished.output, StartsWith(kind));
  }
  EXPECT_EQ(seats_given(), "0");
}

TEST_P(Languages, TakeAUniqueKeyOfTheApplicationsForNoRefusal) {
  ASSERT_EQ(seats({"seat", "acme", "bob", urn("admin")}).exit_code, 0);
  const auto finished = seats({"seat", "acme", "bob", urn("member")});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output, HasSubstr("seats_pkey"));
  EXPECT_EQ(said_of_bob(), "admin");
}

TEST_P(Languages, TryTheWholeTransactionAgainWhereAnotherWasQuicker) {
  Database other = stand.db().connect_directly();
  ASSERT_TRUE(other.run("begin"));
  ASSERT_TRUE(
      other.run("select rolecall.add_member_role('acme', 'bob', $1)", {Cell(urn("admin"))}));
  // %5C%20: a blank in a value
  Process slower(invocation({"seat", "acme", "bob", urn("admin"), urn("member")},
                            "-c%20default_transaction_isolation%3Drepeatable%5C%20read"));
  stand.until(
      "select count(*) from pg_stat_activity where datname = current_database() "
      "and wait_event_type = 'Lock'",
      "1");
  ASSERT_TRUE(other.run("commit"));
  EXPECT_EQ(slower.wait(kBound), 0) << slower.output();
  EXPECT_EQ(slower.output(), "given\n");
  EXPECT_EQ(value("select attempt from seats"), "2");
  EXPECT_EQ(said_of_bob(), "admin member");
}

TEST_P(Languages, TryADeadlockAgain) {
  with_each_seat("if number = 1 then raise 'a deadlock' using errcode = '40P01'; end if");
  EXPECT_EQ(seats({"seat", "acme", "bob", urn("admin")}).output, "given\n");
  EXPECT_EQ(value("select attempt from seats"), "2");
}

TEST_P(Languages, GiveUpAConflictThatStaysAfterTenAttempts) {
  with_each_seat("raise 'overtaken once more' using errcode = '40001'");
  const auto finished = seats({"seat", "acme", "bob", urn("admin")});
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("overtaken once more"));
  EXPECT_EQ(value("select last_value from attempts"), "10");
  EXPECT_EQ(seats_given(), "0");
}

TEST_P(Languages, EndWithAnErrorWhereTheConnectionIsLost) {
  with_each_seat("perform pg_terminate_backend(pg_backend_pid())");
  const auto finished = seats({"seat", "acme", "bob", urn("admin")});
  EXPECT_EQ(finished.exit_code, 2) << finished.output;
  EXPECT_EQ(value("select last_value from attempts"), "1") << "nobody knows whether it happened";
  EXPECT_EQ(seats_given(), "0");
}

TEST_P(Languages, TellWhatASessionTokenSays) {
  stand.start_worker();
  stand.settle();
  const auto now = value("select ceil(extract(epoch from clock_timestamp()))::bigint::text");
  EXPECT_EQ(seats({"login", "acme", "bob", now}).output, "skipped\n");
  EXPECT_EQ(seats({"login", "acme", "user_bob", now, "member"}).output, "agrees\n");
  EXPECT_EQ(seats({"login", "acme", "bob", "1768478400", "admin"}).output, "older\n");
  EXPECT_EQ(seats({"login", "acme", "bob", now, "admin", "member"}).output, "asked\n");
}

INSTANTIATE_TEST_SUITE_P(All, Languages, ::testing::ValuesIn(languages()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rolecall::testing
