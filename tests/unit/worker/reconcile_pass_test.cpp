// One pass over one organization: what is read again, what waits, what is given up, and that none
// of it is forgotten.
#include "worker/engine/reconcile_pass.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>

#include "tests/unit/worker/plain_reconcile_store.hpp"
#include "tests/unit/worker/plain_workflows.hpp"

namespace rolecall::test {
namespace {

using Verdict = Judged::Verdict;

Judged differs(const Candidate& c, RepairStep step = RepairStep::observe) {
  Finding finding;
  finding.subject = c.read.subject.text();
  finding.kind = DriftClass::external_edit;
  return {Verdict::differs, std::move(finding), {.step = step}};
}

class ReconcilePassTest : public ::testing::Test {
 protected:
  Result<PassEnd> compare() {
    const PassPorts ports{.store = store,
                          .workflows = workflows,
                          .call = [this](Call call) { return answer(std::move(call)); },
                          .wait = [this](Millis span) { return wait(span); }};
    std::optional<Result<PassEnd>> end;
    boost::asio::co_spawn(context, reconcile_organization(ports, OrganizationId("acme"), wish),
                          [&end](std::exception_ptr thrown, Result<PassEnd> answered) {
                            if (thrown) std::rethrow_exception(thrown);
                            end = std::move(answered);
                          });
    context.restart();
    context.run();
    return *std::move(end);
  }
  Task<std::optional<CallAnswer>> answer(Call call) {
    ++calls;
    if (const auto status = statuses.find(call.request.target); status != statuses.end())
      co_return CallAnswer(HttpResponse{.status = status->second});
    co_return CallAnswer(
        HttpResponse{.status = 200, .body = call.request.target == "/list" ? listed : ""});
  }
  Task<bool> wait(Millis span) {
    waited += span;
    co_return true;
  }

  boost::asio::io_context context{1};
  PlainReconcileStore store{};
  PlainWorkflows workflows{};
  PassWish wish{.who = "a test"};
  std::string listed{};
  std::map<std::string, int> statuses{};  // of the calls with these targets
  int calls = 0;
  Millis waited{0};
};

TEST_F(ReconcilePassTest, WhatProvesADeliveryIsNoRepairOfADifference) {
  listed = "ab";
  wish.repairs = {DriftClass::external_edit};
  workflows.judging = [](const Candidate& c) {
    if (c.read.name == "b") return differs(c);
    return Judged{.verdict = Verdict::agrees, .repair = {.step = RepairStep::observe}};
  };
  const auto end = compare();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->repaired, (std::map<std::string, int>{{"handed over", 1}}));
}

TEST_F(ReconcilePassTest, TheStreamMustReachPastTheAnswerNotOnlyPastTheQuestion) {
  listed = "a";
  workflows.judging = [](const Candidate&) { return Judged{.verdict = Verdict::waits}; };
  ASSERT_TRUE(compare());
  ASSERT_FALSE(store.reached_past.empty());
  EXPECT_EQ(store.reached_past.front(), "t1") << "asked at t0, compared at t1";
}

TEST_F(ReconcilePassTest, WhatWaitsToTheEndIsNotJudgedAndNotForgotten) {
  listed = "ab";
  workflows.judging = [](const Candidate& c) {
    return c.read.name == "a" ? Judged{.verdict = Verdict::waits} : Judged{};
  };
  ASSERT_TRUE(compare());
  EXPECT_EQ(store.ended->unjudged, std::vector<std::string>{"a"});
  EXPECT_EQ(store.ended->failure, "");
}

TEST_F(ReconcilePassTest, AStreamThatDoesNotAdvanceLeavesUnjudgedWhatWaitsForIt) {
  listed = "ab";
  store.stream_reaches = false;
  workflows.judging = [](const Candidate&) { return Judged{.verdict = Verdict::waits}; };
  ASSERT_TRUE(compare());
  EXPECT_EQ(store.ended->unjudged, (std::vector<std::string>{"a", "b"}));
  EXPECT_GE(waited, std::chrono::seconds(60));
}

TEST_F(ReconcilePassTest, WhatNobodyHereKnowsIsNamedByItsKey) {
  listed = "a";
  store.stream_reaches = false;
  store.knows_them = false;
  workflows.judging = [](const Candidate&) { return Judged{.verdict = Verdict::waits}; };
  ASSERT_TRUE(compare());
  EXPECT_EQ(store.ended->unjudged, std::vector<std::string>{"key a"});
}

TEST_F(ReconcilePassTest, WhatTheListingLacksIsLookedAtByItself) {
  store.missing = {"x", "y"};
  workflows.judging = [](const Candidate& c) { return differs(c); };
  const auto end = compare();
  ASSERT_TRUE(end);
  EXPECT_EQ(calls, 3) << "the listing, x and y";
  EXPECT_EQ(end->found.at(DriftClass::external_edit), 2);
}

TEST_F(ReconcilePassTest, OneThatWorkosDoesNotShowStopsNoOther) {
  store.missing = {"x", "y", "z"};
  statuses = {{"/y", 500}};
  workflows.judging = [](const Candidate& c) { return differs(c); };
  const auto end = compare();
  ASSERT_TRUE(end) << end.error().detail;
  EXPECT_EQ(store.ended->unjudged, std::vector<std::string>{"y"});
  EXPECT_EQ(store.kept.size(), 2U);
}

TEST_F(ReconcilePassTest, WhereWorkosShowsNoneThePassFails) {
  for (int i = 0; i < 50; ++i) {
    store.missing.push_back(std::to_string(i));
    statuses["/" + store.missing.back()] = 500;
  }
  workflows.judging = [](const Candidate& c) { return differs(c); };
  EXPECT_FALSE(compare());
  EXPECT_NE(store.ended->failure, "");
  EXPECT_LE(calls, 25) << "it does not ask for all of them in vain";
}

// What waits to be looked at would be as large as the organization.
TEST_F(ReconcilePassTest, WhereMostIsMissingItIsLookedAtInParts) {
  for (int i = 0; i < 12'000; ++i) store.missing.push_back(std::to_string(i));
  workflows.judging = [](const Candidate& c) { return differs(c); };
  ASSERT_TRUE(compare());
  EXPECT_EQ(store.kept.size(), 12'000U);
  EXPECT_LE(store.most_noted_again, 100U);
  const auto last_rest = std::ranges::find(store.asked.rbegin(), store.asked.rend(), "rest");
  const auto looked = std::count(last_rest, store.asked.rend(), "note_again");
  EXPECT_GE(looked, 100) << "of 120 times a hundred, before the rest was read to its end";
}

TEST_F(ReconcilePassTest, WhatMovesEachTimeIsGivenUp) {
  listed = "a";
  workflows.judging = [](const Candidate&) { return Judged{.verdict = Verdict::moved}; };
  ASSERT_TRUE(compare());
  EXPECT_EQ(store.ended->unjudged, std::vector<std::string>{"a"});
  EXPECT_LE(calls, 10);
}

}  // namespace
}  // namespace rolecall::test
