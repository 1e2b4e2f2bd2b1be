// Bad input and faults, each with a clear outcome.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/http.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using std::chrono::seconds;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string create_role(Stand& stand, const std::string& name) {
  return stand.db().value("select subject from rolecall.create_role('acme', $1)", {name});
}

HttpResponse get(const std::string& address, const std::string& target) {
  HttpRequest request;
  request.target = target;
  return http(address, request);
}

TEST(BadInput, AnUnreachableDatabaseIsExitThreeWithoutThePassword) {
  Stand stand;
  const auto result = stand.rolecall(
      {"status"}, {{"DATABASE_URL", "postgresql://someone:hunter2@127.0.0.1:1/none"}});
  EXPECT_EQ(result.exit_code, 3) << result.output;
  EXPECT_FALSE(contains(result.output, "hunter2")) << result.output;
}

TEST(BadInput, AMalformedDatabaseUrlIsExitTwo) {
  Stand stand;
  const auto result = stand.rolecall({"status"}, {{"DATABASE_URL", "postgresql://[broken"}});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(contains(result.output, "DATABASE_URL")) << result.output;
}

TEST(BadInput, AMissingSchemaSaysWhatToRun) {
  Stand stand({.seeded = false}, std::make_unique<TestDatabase>(TestDatabase::Schema::empty));
  const auto result = stand.rolecall({"run"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(contains(result.output, "rolecall migrate")) << result.output;
}

TEST(BadInput, ASchemaForANewerProgramIsRefused) {
  Stand stand;
  stand.db().sql(
      "update rolecall.schema_migrations set oldest_program = '99.0.0' where version = 1");
  const auto result = stand.rolecall({"run"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(contains(result.output, "99.0.0")) << result.output;
}

TEST(BadInput, AWrongKeyPausesTheProviderAndNothingDies) {
  Stand stand;
  auto& worker = stand.start_worker({{"WORKOS_API_KEY", "sk_test_wrong"}});
  const auto address = worker.address();
  create_role(stand, "Billing");
  stand.until("select state from rolecall.provider_state", "unauthorised");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.lanes where state in ('dead', 'held')"),
            "0");
  const auto ready = get(address, "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_TRUE(contains(ready.body, "unauthorised")) << ready.body;
  EXPECT_TRUE(contains(stand.rolecall({"status"}).output, "unauthorised"));
  EXPECT_TRUE(contains(get(address, "/metrics").body, "rolecall_provider_state"));
  EXPECT_FALSE(contains(worker.output(), "sk_test_wrong"));
}

TEST(BadInput, AKeyThatIsRepairedInItsFileIsUsedByTheNextProbe) {
  Stand stand;
  const auto file = std::filesystem::temp_directory_path() / ("key-" + stand.db().name());
  std::ofstream(file) << "sk_test_wrong\n";
  stand.start_worker({{"WORKOS_API_KEY", ""}, {"WORKOS_API_KEY_FILE", file.string()}});
  create_role(stand, "Billing");
  stand.until("select state from rolecall.provider_state", "unauthorised");
  std::ofstream(file, std::ios::trunc) << "sk_test_stand" << "\n";
  stand.db().sql("select rolecall.resume_provider()");
  stand.settle();
  EXPECT_EQ(stand.db().value("select state from rolecall.provider_state"), "up");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.attention"), "0");
  std::filesystem::remove(file);
}

TEST(BadInput, AnUnknownKindIsLeftForANewerProgram) {
  Stand stand;
  stand.start_worker();
  stand.db().sql("select rolecall.enqueue('acme', 'thing:1', 'thing.push', '{\"a\":1}')");
  create_role(stand, "Billing");
  stand.until("select state from rolecall.convergence where subject <> 'thing:1'", "confirmed");
  EXPECT_NE(stand.db().value("select state from rolecall.convergence where subject = 'thing:1'"),
            "confirmed");
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.sends where subject = 'thing:1'"), "0");
}

TEST(BadInput, ADesiredThatIsNoIntentDiesWithTheReason) {
  Stand stand;
  stand.start_worker();
  EXPECT_ANY_THROW(
      stand.db().sql("select rolecall.enqueue('acme', 'member:odd', 'member.push', "
                     "'{\"organization\":\"org_1\",\"user\":\"user_ann\",\"roles\":17}')"))
      << "what WorkOS would refuse for ever is refused at the mutation";
  // By hand, past the functions.
  stand.db().sql(
      "with s as (insert into rolecall.subjects (subject, organization_id, object_key, version, "
      "kind, desired) values ('member:odd', 'acme', 'member:org_1:user_ann', 1, 'member.push', "
      "'{\"organization\":\"org_1\",\"user\":\"user_ann\",\"roles\":17}') returning *) "
      "insert into rolecall.outbox (organization_id, subject, version, kind, desired, enqueued_by) "
      "select organization_id, subject, version, kind, desired, 'by hand' from s");
  stand.until("select state from rolecall.lanes where subject = 'member:odd'", "dead");
  EXPECT_EQ(stand.db().value("select failure_code from rolecall.lanes where subject = "
                             "'member:odd'"),
            "invalid_intent");
}

class Garbage : public ::testing::TestWithParam<const char*> {};

TEST_P(Garbage, FromWorkosIsOutlived) {
  Stand stand;
  const auto urn = create_role(stand, "Billing");
  stand.start_worker();
  stand.settle();
  stand.fault("PATCH", ".*", GetParam(), "\"count\":2");
  stand.db().sql("select rolecall.update_role($1, description => 'after the garbage')", {urn});
  stand.settle();
  EXPECT_TRUE(contains(stand.api("/authorization/organizations/org_1/roles"), "after the garbage"));
}

INSTANTIATE_TEST_SUITE_P(Answers, Garbage,
                         ::testing::Values("garbage", "html", "endless", "empty"));

TEST(Faults, ADatabaseRestartWhileRunningIsOutlived) {
  TestCluster cluster;
  Stand stand({}, std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, cluster.url()));
  stand.start_worker();
  create_role(stand, "Billing");
  stand.settle();
  const auto database_url = stand.db().url();
  cluster.stop("immediate");
  cluster.start();
  auto connection = Database::connect(database_url);
  ASSERT_TRUE(connection.has_value()) << connection.error().detail;
  ASSERT_TRUE(connection->run("select rolecall.create_role('acme', 'Support')").has_value());
  stand.until(
      [&] {
        const auto rows = connection->run(
            "select bool_and(state = 'confirmed')::text as ok from rolecall.convergence");
        return rows && rows->text(0, "ok") == "true";
      },
      "both roles are confirmed after the restart");
}

TEST(Faults, AHandMadeUpdateOfTheLaneIsHonoured) {
  Stand stand;
  stand.fault("POST", ".*", "status", "\"status\":503,\"count\":1");
  const auto urn = create_role(stand, "Billing");
  stand.db().sql("update rolecall.provider_control set visibility_ms = 0");
  stand.start_worker();
  stand.until("select count(*) from rolecall.outbox_attempts", "1");
  stand.db().sql("update rolecall.lanes set next_attempt_at = now() where subject = $1", {urn});
  stand.settle();
}

TEST(BadInput, APortInUseIsExitTwoAndNamesTheFlag) {
  Stand stand;
  auto& first = stand.start_worker();
  const auto result = stand.rolecall({"run"}, {{"ROLECALL_LISTEN", first.address()}});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(contains(result.output, "--listen")) << result.output;
}

TEST(BadInput, PlainHttpBeyondLoopbackIsRefused) {
  Stand stand;
  const auto result = stand.rolecall({"run"}, {{"WORKOS_API_BASE_URL", "http://example.com"}});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(contains(result.output, "https")) << result.output;
}

TEST(CommandLine, ExplainTellsTheRowsStory) {
  Stand stand;
  stand.start_worker();
  const auto urn = create_role(stand, "Billing");
  stand.settle();
  const auto id =
      stand.db().value("select id::text from rolecall.outbox_all where subject = $1", {urn});
  const auto told = stand.rolecall({"explain", id});
  EXPECT_EQ(told.exit_code, 0) << told.output;
  EXPECT_TRUE(contains(told.output, "delivered")) << told.output;
  EXPECT_EQ(stand.rolecall({"explain", "999999"}).exit_code, 1);
}

TEST(CommandLine, StatusExitsZeroAndJsonIsStable) {
  Stand stand;
  stand.start_worker();
  create_role(stand, "Billing");
  stand.settle();
  const auto plain = stand.rolecall({"status"});
  EXPECT_EQ(plain.exit_code, 0) << plain.output;
  const auto json = stand.rolecall({"status", "--json"});
  for (const auto* key : {"\"rows\"", "\"convergence\"", "\"oldest_due_s\"", "\"provider\"",
                          "\"workers\"", "\"attention\""})
    EXPECT_TRUE(contains(json.output, key)) << json.output;
}

TEST(CommandLine, SyncRolesBringsEnvironmentRolesIn) {
  Stand stand({.seeded = false});
  const auto result = stand.rolecall({"sync-roles"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(stand.db().value("select string_agg(workos_slug, ',' order by workos_slug) from "
                             "rolecall.global_roles"),
            "admin,member");
}

}  // namespace
}  // namespace rolecall::testing
