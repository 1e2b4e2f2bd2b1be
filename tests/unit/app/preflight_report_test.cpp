// What preflight prints, and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "worker/app/preflight/checks.hpp"

namespace rolecall::preflight {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Report mixed() {
  return {.findings = {{.name = "key", .detail = "is accepted"},
                       {.name = "names",
                        .verdict = Verdict::error,
                        .detail = "a\x1b[2Jb\nc\xC2\x9B"
                                  "d",
                        .to_do = "repair it"}},
          .not_looked_at = {"events"}};
}

TEST(PreflightReport, SaysTheWorstAndExitsByIt) {
  Report report{.findings = {{.name = "a"}}};
  EXPECT_EQ(report.exit_code(), 0);
  report.findings.push_back({.name = "b", .verdict = Verdict::warning});
  EXPECT_EQ(report.exit_code(), 0) << "warnings are allowed";
  EXPECT_EQ(report.verdict(), Verdict::warning);
  report.findings.push_back({.name = "c", .verdict = Verdict::error});
  EXPECT_EQ(report.exit_code(), 1);
  report.findings.push_back({.name = "d", .verdict = Verdict::error, .unreachable = true});
  EXPECT_EQ(report.exit_code(), 3);
}

TEST(PreflightReport, JsonHasExactlyTheDocumentedNames) {
  const auto document = boost::json::parse(json_of(mixed())).as_object();
  std::vector<std::string> names;
  for (const auto& member : document) names.emplace_back(member.key());
  EXPECT_THAT(names, ElementsAre("verdict", "findings", "not_looked_at"));
  EXPECT_EQ(document.at("verdict").as_string(), "error");
  const auto& finding = document.at("findings").at(0).as_object();
  std::vector<std::string> fields;
  for (const auto& member : finding) fields.emplace_back(member.key());
  EXPECT_THAT(fields, ElementsAre("name", "verdict", "detail", "to_do"));
  EXPECT_TRUE(finding.at("to_do").is_null());
  EXPECT_EQ(document.at("not_looked_at").at(0).as_string(), "events");
}

TEST(PreflightReport, TheTableShowsWhatToDoAndNoControlCharacter) {
  const auto table = table_of(mixed());
  EXPECT_THAT(table, HasSubstr("ok       key"));
  EXPECT_THAT(table, HasSubstr("error    names"));
  EXPECT_THAT(table, HasSubstr("-> repair it"));
  EXPECT_THAT(table, HasSubstr("a [2Jb c d"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  EXPECT_THAT(table, HasSubstr("because of the above: events"));
  EXPECT_THAT(table, HasSubstr("1 error, 0 warnings"));
}

TEST(PreflightReport, NamesWhatCouldNotBeLookedAt) {
  Facts facts;
  facts.database.emplace(Failure{.kind = FailureClass::unavailable, .detail = "no connection"});
  facts.workos.emplace(Failure{.kind = FailureClass::unauthorised, .detail = "401"});
  const auto report = examine(facts);
  std::vector<std::string> looked_at;
  for (const auto& finding : report.findings) looked_at.push_back(finding.name);
  EXPECT_THAT(looked_at, ElementsAre("database", "workos", "key"));
  EXPECT_THAT(report.not_looked_at, ElementsAre("schema", "connections", "replication", "clock",
                                                "environment", "organizations", "environment_roles",
                                                "names", "multiple_roles", "webhooks", "events"));
}

TEST(PreflightReport, AWorkosThatCannotBeReachedSaysNothingOfTheKey) {
  Facts facts;
  facts.workos.emplace(Failure{.kind = FailureClass::transient, .detail = "refused"});
  const auto report = examine(facts);
  EXPECT_THAT(report.not_looked_at, ::testing::Contains("key"));
  EXPECT_EQ(report.exit_code(), 3);
}

}  // namespace
}  // namespace rolecall::preflight
