#include "worker/app/adopt/adoption_report.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

namespace rolecall {
namespace {

AdoptedOrganization acme() {
  AdoptedOrganization one;
  one.id = "acme \"x\"";
  one.workos = "org_1";
  one.state = "planned";
  one.link = "link";
  one.users = {{"link", 2}, {"linked", 40}};
  one.things = {{"agreed", 90}, {"said", 1}};
  one.findings = {{.family = "member",
                   .name = "user_1",
                   .end = "said",
                   .why = "policy local",
                   .here = R"({"organization":"org_1","user":"user_1","roles":["a","b"]})",
                   .there = std::nullopt}};
  one.findings_left_out = 7;
  one.compared = 91;
  one.calls = 5;
  return one;
}

AdoptedOrganization nowhere() {
  AdoptedOrganization one;
  one.id = "nowhere";
  one.state = "left";
  one.link = "not_found";
  one.detail = "WorkOS knows no organization with this id";
  return one;
}

TEST(AdoptionReport, JsonHasExactlyTheDocumentedNames) {
  std::ostringstream out;
  AdoptionReport report(out, AdoptionReport::Form::json, {.policy = AdoptPolicy::newer});
  report.begin();
  report.add(acme());
  report.add(nowhere());
  report.end(3, true);
  const auto document = boost::json::parse(out.str()).as_object();
  std::vector<std::string> names;
  for (const auto& [name, unused] : document) names.emplace_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"policy", "applied", "run", "organizations",
                                             "done_before", "interrupted", "states", "users",
                                             "things", "compared", "calls", "moved", "held"}));
  EXPECT_EQ(document.at("policy").as_string(), "newer");
  EXPECT_TRUE(document.at("run").is_null());
  EXPECT_EQ(document.at("done_before").as_int64(), 3);
  EXPECT_TRUE(document.at("interrupted").as_bool());
  const auto& first = document.at("organizations").as_array().at(0).as_object();
  names.clear();
  for (const auto& [name, unused] : first) names.emplace_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"organization", "workos", "state", "link", "detail",
                                             "users", "things", "findings", "findings_left_out",
                                             "compared", "calls", "moved", "held"}));
  EXPECT_EQ(first.at("organization").as_string(), "acme \"x\"");
  const auto& finding = first.at("findings").as_array().at(0).as_object();
  EXPECT_EQ(finding.at("here").at("roles").as_array().size(), 2U);
  EXPECT_TRUE(finding.at("there").is_null());
}

TEST(AdoptionReport, NothingButAnEmptyDocumentWhereNothingIsThere) {
  std::ostringstream out;
  AdoptionReport report(out, AdoptionReport::Form::json, {.apply = true, .run = 4});
  report.begin();
  report.end(0, false);
  const auto document = boost::json::parse(out.str()).as_object();
  EXPECT_TRUE(document.at("organizations").as_array().empty());
  EXPECT_EQ(document.at("run").as_int64(), 4);
}

TEST(AdoptionReport, ThePersonsPartIsShownAndTheRestCounted) {
  std::ostringstream out;
  AdoptionReport report(out, AdoptionReport::Form::screen, {});
  report.begin();
  report.add(acme());
  report.add(nowhere());
  report.end(0, false);
  for (const auto* words :
       {"acme \"x\" (org_1): 90 agreed, 1 said", "said member user_1: here a b, at WorkOS absent",
        "and 7 more", "nowhere: not_found: WorkOS knows", "2 organizations: 1 left, 1 planned",
        "rolecall adopt --policy local --apply"})
    EXPECT_NE(out.str().find(words), std::string::npos) << words << " in\n" << out.str();
  EXPECT_TRUE(report.sums().needs_person);
  EXPECT_FALSE(report.sums().agrees);
}

TEST(AdoptionReport, WhatIsLinkedAndVersionedIsInAgreement) {
  AdoptedOrganization one = acme();
  EXPECT_FALSE(is_in_agreement(one)) << "there is something to do";
  EXPECT_FALSE(needs_a_person(one)) << "and adoption can do it";
  one.link = "linked";
  one.users = {{"linked", 42}, {"stranger", 1}};
  one.things = {{"versioned", 91}};
  EXPECT_TRUE(is_in_agreement(one));
  one.users["conflict"] = 1;
  EXPECT_TRUE(needs_a_person(one));
  one.users.erase("conflict");
  one.things["drifted"] = 1;
  EXPECT_TRUE(needs_a_person(one));
  EXPECT_TRUE(needs_a_person(nowhere()));
}

}  // namespace
}  // namespace rolecall
