#include "worker/app/reconcile_report.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace rolecall {
namespace {

Rows one_finding() {
  Rows rows;
  rows.columns = {"class",  "family",  "name",    "fields",     "action",
                  "calls",  "seconds", "applied", "changed_by", "changed_how",
                  "detail", "wanted",  "shown",   "changed_at", "document"};
  rows.rows.push_back({"lost_write", "member", "user_1", "{a}", "say_again", "2", "0.06", "", "ann",
                       "set_member_roles: left", "we delivered it", "member", "a member",
                       "2026-01-01 10:00", R"({"class": "lost_write", "subject": "member:o:u"})"});
  return rows;
}

ReconcileReport two_organizations() {
  ReconcileReport report;
  OrganizationReport equal{.organization = "equal"};
  equal.end.report = {.calls = 2, .compared = 100};
  OrganizationReport differing{.organization = "acme \"x\""};
  differing.end.report = {.calls = 3, .compared = 150};
  differing.end.found = {{DriftClass::pending, 4}, {DriftClass::lost_write, 1}};
  differing.end.planned_calls = 2;
  differing.end.planned_seconds = 0.06;
  differing.plan = one_finding();
  report.organizations = {equal, differing};
  return report;
}

TEST(ReconcileJson, HasExactlyTheDocumentedNames) {
  const auto document = boost::json::parse(reconcile_json(two_organizations())).as_object();
  std::vector<std::string> names;
  for (const auto& [name, unused] : document) names.emplace_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"organizations", "found", "repaired", "compared", "calls",
                                      "planned_calls", "planned_seconds", "drift"}));
  EXPECT_EQ(document.at("drift").as_int64(), 1) << "what is on its way is none";
  EXPECT_EQ(document.at("compared").as_int64(), 250);
  EXPECT_EQ(document.at("calls").as_int64(), 5);
  EXPECT_EQ(document.at("found").at("pending").as_int64(), 4);
  const auto& acme = document.at("organizations").as_array().at(1).as_object();
  EXPECT_EQ(acme.at("organization").as_string(), "acme \"x\"");
  EXPECT_TRUE(acme.at("failure").is_null());
  EXPECT_EQ(acme.at("findings").as_array().at(0).at("class").as_string(), "lost_write");
}

TEST(ReconcileScreen, ShowsWhatDiffersAndCountsTheRest) {
  const auto screen = reconcile_screen(two_organizations());
  for (const auto* words :
       {"acme \"x\": 150 compared", "lost_write member user_1", "say_again (2 calls, 0.06 s)",
        "ann (set_member_roles: left)", "2 organizations, 250 roles", "1 differences",
        "takes 2 calls, about 1 s: rolecall reconcile --apply"})
    EXPECT_NE(screen.find(words), std::string::npos) << words << " in\n" << screen;
  EXPECT_EQ(screen.find("equal:"), std::string::npos);
}

TEST(ReconcileEnd, IsSettledWhenNothingIsLeftToDo) {
  auto report = two_organizations();
  EXPECT_FALSE(is_settled(report));
  report.applied = true;
  EXPECT_FALSE(is_settled(report));
  report.organizations[1].end.repaired = {{"busy", 1}};
  EXPECT_FALSE(is_settled(report));
  report.organizations[1].end.repaired = {{"handed over", 1}};
  EXPECT_TRUE(is_settled(report));
  report.organizations[0].end.report.unjudged = {"member:o:u"};
  EXPECT_FALSE(is_settled(report));
  report.organizations[0].end.report.unjudged.clear();
  report.organizations[0].end.report.failure = "in_doubt";
  EXPECT_FALSE(is_settled(report));
}

}  // namespace
}  // namespace rolecall
