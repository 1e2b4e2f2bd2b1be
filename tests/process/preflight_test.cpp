// `rolecall preflight` against a real database and the emulator: each finding, well and not well.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace json = boost::json;

constexpr const char* kNowhere = "http://127.0.0.1:1";
constexpr const char* kSecret = "whsec_of_preflight";

class Preflight : public ::testing::Test {
 protected:
  void look(std::map<std::string, std::string> settings = {}) {
    const auto finished = stand.rolecall({"preflight", "--json"}, std::move(settings));
    exit_code = finished.exit_code;
    output = finished.output;
    const auto at = output.find('{');
    ASSERT_NE(at, std::string::npos) << output;
    report = json::parse(output.substr(at));
  }
  // "ok", "warning", "error"; "" where it was not looked at.
  std::string verdict(std::string_view name) const { return text(name, "verdict"); }
  std::string detail(std::string_view name) const { return text(name, "detail"); }
  std::string to_do(std::string_view name) const { return text(name, "to_do"); }

  void config(const std::string& body) { stand.control("POST", "/_emulator/config", body); }
  // As many more organizations as said, linked, and known to WorkOS.
  void link_many(int number) {
    std::string known;
    for (int i = 0; i < number; ++i) {
      const auto id = fmt::format("org_many_{:04}", i);
      known += fmt::format(R"({}{{"id":"{}","name":"M"}})", i == 0 ? "" : ",", id);
      stand.db().sql("select rolecall.upsert_organization($1, 'M', $2)",
                     {fmt::format("many-{}", i), id});
    }
    stand.control("POST", "/_emulator/seed", R"({"organizations":[)" + known + "]}");
  }
  int calls() {
    const auto log = json::parse(stand.control("GET", "/_emulator/log"));
    return static_cast<int>(log.at("requests").as_array().size());
  }

  Stand stand{};
  int exit_code = -1;
  std::string output{};
  json::value report{};

 private:
  std::string text(std::string_view name, std::string_view field) const {
    for (const auto& finding : report.at("findings").as_array())
      if (finding.at("name").as_string() == name && finding.at(field).is_string())
        return std::string(finding.at(field).as_string());
    return "";
  }
};

TEST_F(Preflight, LooksAtEverythingAndWarningsAreAllowed) {
  look();
  EXPECT_EQ(exit_code, 0) << output;
  EXPECT_EQ(report.at("verdict").as_string(), "warning") << output;
  EXPECT_TRUE(report.at("not_looked_at").as_array().empty()) << output;
  for (const auto* name :
       {"database", "schema", "connections", "workos", "key", "clock", "environment",
        "organizations", "environment_roles", "names", "multiple_roles", "events"})
    EXPECT_EQ(verdict(name), "ok") << name << output;
  EXPECT_EQ(detail("schema"),
            "migrated up to " + stand.db().value("select name from rolecall.schema_migrations "
                                                 "order by version desc limit 1"));
  EXPECT_EQ(verdict("replication"), "warning") << "the tests' server has no standby";
  EXPECT_EQ(verdict("webhooks"), "warning") << "no secret is given";
}

TEST_F(Preflight, PrintsATableForPeople) {
  const auto printed = stand.rolecall({"preflight"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_THAT(printed.output, HasSubstr("ok       environment        org_1 is there"));
  EXPECT_THAT(printed.output, HasSubstr("warning  webhooks"));
  EXPECT_THAT(printed.output, HasSubstr("-> point an endpoint to POST /webhooks/workos"));
  EXPECT_THAT(printed.output, HasSubstr("0 errors, 2 warnings"));
}

TEST_F(Preflight, AnUnreachableDatabaseIsExitThreeWithoutThePassword) {
  look({{"DATABASE_URL", "postgresql://someone:hunter2@127.0.0.1:1/none"}});
  EXPECT_EQ(exit_code, 3);
  EXPECT_EQ(verdict("database"), "error");
  EXPECT_EQ(verdict("key"), "ok") << "WorkOS is asked all the same";
  EXPECT_EQ(verdict("schema"), "");
  EXPECT_THAT(output, Not(HasSubstr("hunter2")));
}

TEST_F(Preflight, ADatabaseThatIsNotMigratedSaysWhatToRun) {
  TestDatabase empty(TestDatabase::Schema::empty);
  look({{"DATABASE_URL", empty.url()}});
  EXPECT_EQ(exit_code, 1) << output;
  EXPECT_EQ(verdict("database"), "ok");
  EXPECT_EQ(verdict("schema"), "error");
  EXPECT_EQ(to_do("schema"), "rolecall migrate");
  EXPECT_EQ(verdict("connections"), "ok");
  EXPECT_EQ(verdict("key"), "ok");
  EXPECT_EQ(verdict("names"), "");
}

TEST_F(Preflight, AMissingKeyIsBadUsage) {
  const auto finished = stand.rolecall({"preflight"}, {{"WORKOS_API_KEY", ""}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output, HasSubstr("WORKOS_API_KEY"));
}

TEST_F(Preflight, TooFewConnectionsForAWorkerAreAnError) {
  stand.db().sql("alter database " + stand.db().name() + " connection limit 6");
  look();
  EXPECT_EQ(verdict("connections"), "error") << "one of six is the test's own" << output;
  EXPECT_THAT(detail("connections"), AllOf(HasSubstr("5 of 6"), HasSubstr("uses 7")));
  look({{"ROLECALL_DATABASE_CONNECTIONS", "1"}});
  EXPECT_EQ(verdict("connections"), "warning") << output;
}

TEST_F(Preflight, AnUnreachableWorkosIsExitThree) {
  look({{"WORKOS_API_BASE_URL", kNowhere}});
  EXPECT_EQ(exit_code, 3) << output;
  EXPECT_EQ(verdict("workos"), "error");
  EXPECT_EQ(verdict("key"), "");
  EXPECT_EQ(verdict("names"), "ok") << "the database is looked at all the same";
}

TEST_F(Preflight, AWrongKeyIsAnErrorAndIsNotShown) {
  look({{"WORKOS_API_KEY", "sk_test_wrong"}});
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(verdict("workos"), "ok");
  EXPECT_EQ(verdict("key"), "error");
  EXPECT_THAT(output, Not(HasSubstr("sk_test")));
}

TEST_F(Preflight, AKeyWithoutTheRightToRolesIsAnError) {
  stand.fault("GET", "/authorization/roles", "status", "\"status\":403");
  look();
  EXPECT_EQ(verdict("key"), "error") << output;
  EXPECT_THAT(detail("key"), HasSubstr("may not read roles"));
}

TEST_F(Preflight, AClockThatIsOffIsFoundByWorkossDate) {
  config(R"({"date_offset_s":400})");
  look();
  EXPECT_EQ(verdict("clock"), "warning") << output;
  look({{"WORKOS_WEBHOOK_SECRET", kSecret}});
  EXPECT_EQ(verdict("clock"), "error") << output;
  EXPECT_THAT(detail("clock"), HasSubstr("behind WorkOS's"));
  config(R"({"date_offset_s":-90})");
  look({{"WORKOS_WEBHOOK_SECRET", kSecret}});
  EXPECT_EQ(verdict("clock"), "warning") << output;
  EXPECT_THAT(detail("clock"), HasSubstr("ahead of WorkOS's"));
}

TEST_F(Preflight, AKeyOfAnotherEnvironmentIsAnErrorUnlessAccepted) {
  stand.db().sql("update rolecall.organizations set workos_organization_id = 'org_elsewhere'");
  look();
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(verdict("environment"), "error") << output;
  EXPECT_THAT(detail("environment"), HasSubstr("org_elsewhere"));
  EXPECT_EQ(verdict("organizations"), "") << "nothing can be said of them with this key";
  look({{"ROLECALL_ACCEPT_ENVIRONMENT", "true"}});
  EXPECT_EQ(verdict("environment"), "warning") << output;
  EXPECT_EQ(verdict("organizations"), "error");
}

TEST_F(Preflight, LinkedOrganizationsThatAreGoneAreNamed) {
  link_many(250);
  stand.db().sql("select rolecall.upsert_organization('gone', 'Gone', 'org_gone')");
  stand.db().sql("select rolecall.upsert_organization('off', 'Off', 'org_off')");
  stand.db().sql("update rolecall.organizations set disabled_at = now() where id = 'off'");
  const auto before = calls();
  look();
  EXPECT_EQ(verdict("organizations"), "error") << output;
  EXPECT_THAT(detail("organizations"), HasSubstr("1 of 252 linked: gone (org_gone)"));
  EXPECT_LE(calls() - before, 12) << "pages of a hundred, not one by one";
  stand.control("POST", "/_emulator/seed", R"({"organizations":[{"id":"org_gone","name":"G"}]})");
  look();
  EXPECT_EQ(verdict("organizations"), "ok") << output;
}

// One linked organization among many at WorkOS: their pages are not read.
TEST_F(Preflight, AFewLinkedOrganizationsAreAskedForOneByOne) {
  std::string others;
  for (int i = 0; i < 300; ++i)
    others += fmt::format(R"({}{{"id":"org_other_{}","name":"O"}})", i == 0 ? "" : ",", i);
  stand.control("POST", "/_emulator/seed", R"({"organizations":[)" + others + "]}");
  look();
  EXPECT_EQ(verdict("organizations"), "ok") << output;
  EXPECT_THAT(stand.control("GET", "/_emulator/log"), Not(HasSubstr("/organizations?")));
}

TEST_F(Preflight, AnEnvironmentRoleThatIsMissingIsAnError) {
  stand.control("POST", "/_emulator/edit",
                R"({"method":"DELETE","path":"/authorization/roles/admin","body":{}})");
  look();
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(verdict("environment_roles"), "error") << output;
  EXPECT_THAT(detail("environment_roles"), HasSubstr("admin"));
}

TEST_F(Preflight, AnEnvironmentRoleThatIsNotKnownHereIsAWarning) {
  stand.db().sql("delete from rolecall.global_roles where workos_slug = 'admin'");
  look();
  EXPECT_EQ(exit_code, 0);
  EXPECT_EQ(verdict("environment_roles"), "warning") << output;
  EXPECT_THAT(to_do("environment_roles"), HasSubstr("rolecall sync-roles"));
  stand.rolecall({"sync-roles"});
  look();
  EXPECT_EQ(verdict("environment_roles"), "ok") << output;
}

TEST_F(Preflight, RolesThatWorkosWouldRefuseAreNamed) {
  const std::string insert =
      "insert into rolecall.organization_roles (organization_id, workos_slug, name, permissions) ";
  stand.db().sql(insert + "values ('acme', 'org-good', 'Good', '{documents:read}')");
  look();
  EXPECT_EQ(verdict("names"), "ok") << output;
  stand.db().sql(insert +
                 "values ('acme', 'org-blank', '   ', null), "
                 "('acme', 'org-lines', E'two\\nlines', null), "
                 "('acme', 'org-permissions', 'P', '{\"Has Space\"}'), "
                 "('acme', 'org-deleted', ' ', null)");
  stand.db().sql(
      "update rolecall.organization_roles set deleted_at = now() where workos_slug = "
      "'org-deleted'");
  stand.db().sql(
      "insert into rolecall.global_roles (workos_slug, name) values ('org-wide', 'Wide')");
  look();
  EXPECT_EQ(exit_code, 1);
  EXPECT_EQ(verdict("names"), "error") << output;
  for (const auto* word : {"4 roles", "org-blank (organization acme): name is empty", "org-lines",
                           "control character", "Has Space", "org-wide (environment)"})
    EXPECT_THAT(detail("names"), HasSubstr(word));
  EXPECT_THAT(detail("names"), Not(HasSubstr("org-deleted")));
}

TEST_F(Preflight, SeveralRolesOfAMemberAreComparedWithTheSetting) {
  stand.db().sql(
      "select rolecall.add_member('acme', 'ann', array(select 'role:global:' || id from "
      "rolecall.global_roles))");
  look();
  EXPECT_EQ(verdict("multiple_roles"), "warning") << "WorkOS was not told yet" << output;
  stand.db().sql("update rolecall.provider_control set multiple_roles = false");
  look();
  EXPECT_EQ(verdict("multiple_roles"), "error") << output;
  stand.db().sql("update rolecall.provider_control set multiple_roles = true");
  config(R"({"multiple_roles":false})");
  stand.start_worker();
  stand.until("select failure_code from rolecall.lanes where subject like 'member:%'",
              "multiple_roles_not_enabled");
  look();
  EXPECT_EQ(verdict("multiple_roles"), "error") << output;
  config(R"({"multiple_roles":true})");
  stand.db().sql(
      "select rolecall.release(wanted_id) from rolecall.lanes where state = "
      "'held'");
  stand.settle();
  look();
  EXPECT_EQ(verdict("multiple_roles"), "ok") << "WorkOS shows both" << output;
}

TEST_F(Preflight, WebhooksAreSignedWithAConfiguredSecretOrNot) {
  look({{"WORKOS_WEBHOOK_SECRET", kSecret}});
  EXPECT_EQ(verdict("webhooks"), "error") << output;
  EXPECT_EQ(exit_code, 1);
  config(fmt::format(R"({{"webhook":{{"url":"{}/hook","secret":"{}"}}}})", kNowhere, kSecret));
  look({{"WORKOS_WEBHOOK_SECRET", kSecret}});
  EXPECT_EQ(verdict("webhooks"), "ok") << output;
  EXPECT_THAT(output, Not(HasSubstr("whsec")));
  look({{"WORKOS_WEBHOOK_SECRET", "whsec_other"}});
  EXPECT_EQ(verdict("webhooks"), "error") << output;
  EXPECT_THAT(output, Not(HasSubstr("whsec")));
}

TEST_F(Preflight, EventsThatNobodyReadsAreLostAfterAMonth) {
  stand.db().sql("select rolecall.start_events()");
  look();
  EXPECT_EQ(verdict("events"), "ok") << output;
  stand.db().sql("update rolecall.event_stream set started_from = now() - interval '3 days'");
  look();
  EXPECT_EQ(verdict("events"), "warning") << output;
  stand.db().sql("update rolecall.event_stream set started_from = now() - interval '30 days'");
  look();
  EXPECT_EQ(verdict("events"), "error") << output;
  EXPECT_THAT(to_do("events"), HasSubstr("start_events"));
}

TEST_F(Preflight, EventsThatTheKeyMayNotReadAreAnErrorOnceTheyAreFollowed) {
  stand.fault("GET", "/events.*", "status", "\"status\":403");
  look();
  EXPECT_EQ(verdict("events"), "ok") << "nobody follows them" << output;
  stand.db().sql("select rolecall.start_events()");
  look();
  EXPECT_EQ(verdict("events"), "error") << output;
}

TEST_F(Preflight, TakesItsCallsFromTheWorkersBudget) {
  link_many(120);
  stand.db().sql("update rolecall.provider_budgets set limit_calls = 100000000, per_ms = 3600000");
  const auto before = calls();
  look();
  EXPECT_GT(calls() - before, 4);
  EXPECT_EQ(stand.db().value("select window_given::text from rolecall.provider_pace where class = "
                             "'general'"),
            std::to_string(calls() - before));
}

TEST_F(Preflight, TellsTheWorkersOfA429AndAsksAgain) {
  stand.fault("GET", "/organizations/.*", "status", "\"status\":429,\"retry_after\":0,\"count\":1");
  look();
  EXPECT_EQ(verdict("environment"), "ok") << output;
  EXPECT_EQ(
      stand.db().value("select throttled from rolecall.provider_pace where class = 'general'"),
      "1");
}

TEST_F(Preflight, NeedsNoMoreRightsThanAWorkerOrAnOperatorHas) {
  for (const auto* role : {"rolecall_worker", "rolecall_operator"}) {
    look({{"DATABASE_URL", stand.db().url_as(role)}});
    EXPECT_EQ(exit_code, 0) << role << output;
    EXPECT_TRUE(report.at("not_looked_at").as_array().empty()) << role << output;
  }
  look({{"DATABASE_URL", stand.db().url_as("rolecall_app")}});
  EXPECT_EQ(exit_code, 1);
  EXPECT_THAT(to_do("schema"), HasSubstr("rolecall_operator")) << output;
}

TEST(PreflightOfAServer, WhoseCommitsWaitForNobodyEndsAndSaysSo) {
  TestCluster cluster;
  Stand stand({}, std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, cluster.url()));
  stand.db().sql("alter system set synchronous_standby_names = 'nobody'");
  stand.db().sql("select pg_reload_conf()");
  stand.until(
      [&] {
        const auto shown = stand.db().connect().run("show synchronous_standby_names");
        return shown && shown->text(0, "synchronous_standby_names") == "nobody";
      },
      "the setting is there");
  const auto waiting = stand.rolecall({"preflight"});
  EXPECT_EQ(waiting.exit_code, 1) << waiting.output;
  EXPECT_THAT(waiting.output, HasSubstr("error    replication"));
  EXPECT_THAT(waiting.output, HasSubstr("a commit waits for 1"));
  stand.db().sql("alter system reset synchronous_standby_names");
  stand.db().sql("select pg_reload_conf()");
}

}  // namespace
}  // namespace rolecall::testing
