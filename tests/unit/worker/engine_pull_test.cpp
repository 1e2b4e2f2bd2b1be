// The stream of events as the engine reads it: when it asks, what it records, and what ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/pull_story.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::function<Result<HttpResponse>(const HttpRequest&)> always(int status) {
  return
      [status](const HttpRequest&) { return Result<HttpResponse>{HttpResponse{.status = status}}; };
}

TEST(Pull, AsksForNothingWhileTheScheduleIsOff) {
  Rig rig;
  rig.start();
  rig.pass(300s);
  EXPECT_EQ(rig.steps.count("take_pull"), 0);
  EXPECT_THAT(rig.transport.sent, IsEmpty());
}

TEST(Pull, BeginsWhenALookSaysThatItIsDue) {
  Rig rig;
  rig.store.pull_in = 300ms;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::events_pulled) == 1; }));
  EXPECT_EQ(rig.trace.last(Trace::events_pulled).code, "end");
  EXPECT_THAT(targets(rig), ElementsAre("/events/"));
  EXPECT_GE(rig.transport.sent[0].at - rig.trace.last(Trace::session_opened).at, 300ms);
}

TEST(Pull, RecordsPageAfterPageToTheEmptyOneAndThenAsksTheStoreAgain) {
  Rig rig;
  rig.store.grants = {grant_after(""), grant_after("c")};
  rig.transport.answer = stream({{"", "ab"}, {"b", "c"}});
  rig.start();
  rig.engine->pull_soon("event_c");
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 4; }));
  EXPECT_EQ(recorded(rig), "abc");
  EXPECT_THAT(targets(rig), ElementsAre("/events/", "/events/b", "/events/c", "/events/c"));
  EXPECT_EQ(rig.store.pages[1].first.after, "b");
  EXPECT_FALSE(rig.store.pages[1].second.end);
  EXPECT_TRUE(rig.store.pages[2].second.end);
  ASSERT_TRUE(rig.until([&] { return rig.steps.count("take_pull") == 3; }));
}

TEST(Pull, ByAWorkerThatHasSleptForLongProvesItsSessionFirst) {
  Rig rig;
  rig.transport.answer = stream({{"", "a"}});
  rig.start();
  rig.pass(120s);
  ASSERT_TRUE(rig.engine->status().sleeping);
  rig.store.grants = {grant_after("")};
  const Instant before = rig.clock.now();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return recorded(rig) == "a"; }));
  EXPECT_LE(rig.clock.now() - before, 100ms);
  EXPECT_EQ(rig.trace.count(Trace::call_refused), 0);
}

TEST(Pull, OfManyPagesKeepsItsSessionProved) {
  Rig rig;
  rig.transport.call_time = 400ms;
  std::map<std::string, std::string> pages{{"", "a"}};
  for (char id = 'a'; id < 'k'; ++id) pages[std::string(1, id)] = std::string(1, id + 1);
  rig.transport.answer = stream(pages);
  rig.start();
  rig.pass(120s);
  rig.store.grants = {grant_after("")};
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.trace.last(Trace::events_pulled).code == "end"; }));
  EXPECT_EQ(recorded(rig), "abcdefghijk");
  EXPECT_EQ(rig.trace.count(Trace::call_refused), 0);
}

TEST(Pull, EndsAtAPageThatIsFencedOff) {
  Rig rig;
  rig.store.fences_pulls = true;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}});
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 1; }));
  rig.pass(500ms);
  EXPECT_THAT(rig.transport.sent, SizeIs(2)) << "the next page was on its way already";
  EXPECT_THAT(rig.store.pages, SizeIs(1)) << "and is not recorded";
  EXPECT_EQ(rig.trace.count(Trace::events_pulled), 0) << "it is nobody's news here";
  EXPECT_THAT(rig.store.failed_pulls, IsEmpty()) << "the right is another's";
  ASSERT_TRUE(rig.until([&] { return rig.steps.count("take_pull") == 2; }));
}

TEST(Pull, ThatFailsIsGivenBackAndTriedEverMoreSlowlyUntilItSucceeds) {
  Rig rig;
  for (int i = 0; i < 8; ++i) rig.store.grants.push_back(grant_after(""));
  rig.transport.answer = always(500);
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.store.failed_pulls.size() == 4; }));
  rig.transport.answer = stream({});
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 1; }));
  rig.transport.answer = always(500);
  ASSERT_TRUE(rig.until([&] { return rig.store.failed_pulls.size() == 5; }));
  EXPECT_THAT(rig.store.pull_retries, ElementsAre(750ms, 1'500ms, 3s, 6s, 750ms));
  EXPECT_EQ(rig.store.failed_pulls[0].first.code, "server_error");
  EXPECT_FALSE(rig.store.failed_pulls[0].second);
  EXPECT_EQ(rig.trace.count(Trace::pull_failed), 5);
}

TEST(Pull, PassesOnThatEventsMayBeLost) {
  Rig rig;
  rig.store.grants = {grant_after("a")};
  rig.transport.answer = always(410);
  rig.start();
  rig.engine->pull_soon("event_b");
  ASSERT_TRUE(rig.until([&] { return rig.store.failed_pulls.size() == 1; }));
  EXPECT_TRUE(rig.store.failed_pulls[0].second);
  EXPECT_THAT(rig.store.pages, IsEmpty());
}

TEST(Pull, ThatIsThrottledSlowsAllCallsOfItsClass) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = always(429);
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return !rig.store.throttles.empty(); }));
  EXPECT_EQ(rig.store.throttles[0].rate_class, RateClass::general);
  ASSERT_TRUE(rig.until([&] { return rig.store.failed_pulls.size() == 1; }));
  EXPECT_EQ(rig.store.failed_pulls[0].first.kind, FailureClass::throttled);
}

TEST(Pull, ReportsHowItsCallsWent) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = always(503);
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return !rig.store.reports.empty(); }));
  EXPECT_EQ(rig.store.reports[0].failed, 1);
}

TEST(Pull, TellsTheStoreWhatWasAnnouncedOnce) {
  Rig rig;
  rig.store.grants = {grant_after(""), grant_after("")};
  rig.transport.answer = stream({});
  rig.engine->pull_soon("event_1");
  rig.engine->pull_soon("event_2");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 2; }));
  EXPECT_THAT(rig.store.announced, ElementsAre("event_1", "event_2"));
}

TEST(Pull, AnnouncesAgainWhatTheStoreDidNotHearOrKeep) {
  Rig rig;
  PullGrant not_kept;
  not_kept.kept = false;
  not_kept.again_in = 50ms;
  rig.store.grants = {not_kept, grant_after("")};
  rig.transport.answer = stream({});
  int refused = 0;
  rig.steps.fate = [&](int, const std::string& name) {
    return name == "take_pull" && refused++ < 1 ? StepFate::refused : StepFate::done;
  };
  rig.engine->pull_soon("event_1");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 1; }));
  EXPECT_THAT(rig.store.announced, ElementsAre("event_1", "event_1"))
      << "the first time it was not kept, the second it was";
  EXPECT_EQ(rig.steps.count("take_pull"), 3);
}

TEST(Pull, ReadsAReplayAfterTheStream) {
  Rig rig;
  PullGrant both = grant_after("x");
  both.replay = PullTask{.organization = "org_1", .after = "r"};
  rig.store.grants = {both};
  rig.transport.answer = stream({{"x", "y"}, {"r", "s"}});
  rig.start();
  rig.engine->pull_soon("event_y");
  ASSERT_TRUE(rig.until([&] { return rig.store.pages.size() == 4; }));
  EXPECT_THAT(targets(rig), ElementsAre("/events/x", "/events/y", "/events/r", "/events/s"));
  EXPECT_EQ(rig.store.pages[1].first.organization, "");
  EXPECT_EQ(rig.store.pages[2].first.organization, "org_1");
  EXPECT_EQ(rig.store.pages[3].first.organization, "org_1");
}

TEST(Pull, ReadsNoReplayWhereTheStreamCouldNotBeRead) {
  Rig rig;
  PullGrant both = grant_after("x");
  both.replay = PullTask{.organization = "org_1", .after = "r"};
  rig.store.grants = {both};
  rig.transport.answer = always(500);
  rig.start();
  rig.engine->pull_soon("event_y");
  ASSERT_TRUE(rig.until([&] { return rig.store.failed_pulls.size() == 1; }));
  rig.pass(10s);
  EXPECT_THAT(targets(rig), ElementsAre("/events/x"));
}

TEST(Pull, ADrainRecordsThePageUnderWayAndAsksForNoMore) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}, {"a", "b"}});
  rig.transport.call_time = 200ms;
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.transport.sent.size() == 1; }));
  rig.engine->drain();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_THAT(rig.transport.sent, SizeIs(1));
  EXPECT_EQ(recorded(rig), "a");
  EXPECT_TRUE(rig.store.sessions.empty());
}

TEST(Pull, AKillInTheMiddleOfAPageRecordsNothingAndSaysNothing) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}});
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.transport.sent.size() == 1; }));
  rig.engine->kill();
  const auto spoken = rig.trace.events.size();
  ASSERT_TRUE(rig.until_ended());
  rig.pass(30s);
  EXPECT_THAT(rig.store.pages, IsEmpty());
  EXPECT_THAT(rig.store.failed_pulls, IsEmpty());
  EXPECT_EQ(rig.trace.events.size(), spoken);
}

TEST(Pull, CallsNobodyUnderASessionThatIsNotProvedAlive) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}});
  rig.start();
  rig.pass(120s);
  rig.store.session_answers = false;
  rig.engine->pull_soon("event_a");
  rig.pass(1'500ms);
  EXPECT_GE(rig.steps.count("take_pull"), 1);
  EXPECT_THAT(rig.transport.sent, IsEmpty());
  EXPECT_THAT(rig.store.pages, IsEmpty());
  rig.store.session_answers = true;
  rig.store.grants = {grant_after("")};
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return recorded(rig) == "a"; }));
}

TEST(Pull, AsksForNothingWithoutASession) {
  Rig rig;
  rig.steps.fate = [](int, const std::string& name) {
    return name == "open_session" ? StepFate::refused : StepFate::done;
  };
  rig.start();
  rig.engine->pull_soon("event_a");
  rig.pass(30s);
  EXPECT_EQ(rig.steps.count("take_pull"), 0);
  EXPECT_THAT(rig.transport.sent, IsEmpty());
}

void prepare_stream(Rig& rig) {
  rig.store.cursor = "";
  rig.store.pull_in = 50ms;
  rig.transport.answer = stream({{"", "ab"}, {"b", "c"}, {"c", "de"}});
}

int steps_of_the_stream() {
  Rig rig;
  prepare_stream(rig);
  rig.start();
  EXPECT_TRUE(rig.until([&] { return recorded(rig) == "abcde"; }));
  return rig.steps.taken();
}

TEST(PullCrash, AtAnyStepLosesNothingAndRecordsNothingTwice) {
  const int steps = steps_of_the_stream();
  ASSERT_GT(steps, 10);
  for (int i = 0; i < steps; ++i) {
    SCOPED_TRACE("killed at step " + std::to_string(i));
    Rig rig;
    prepare_stream(rig);
    rig.steps.applied = [&](int number, const std::string&) {
      if (number == i) rig.engine->kill();
    };
    rig.start();
    ASSERT_TRUE(rig.until_ended());
    rig.store.sessions.clear();
    rig.steps.applied = [](int, const std::string&) {};
    rig.make_engine();
    rig.start();
    ASSERT_TRUE(rig.until([&] { return rig.store.cursor == "e"; }, 120s));
    EXPECT_EQ(recorded(rig), "abcde");
  }
}

TEST(PullFault, AtAnyStepIsWaitedOutAndRecordsNothingTwice) {
  const int steps = steps_of_the_stream();
  for (const StepFate fate : {StepFate::refused, StepFate::answer_lost})
    for (int i = 0; i < steps; ++i) {
      SCOPED_TRACE("failed at step " + std::to_string(i));
      Rig rig;
      prepare_stream(rig);
      rig.steps.fate = [i, fate](int number, const std::string&) {
        return number == i ? fate : StepFate::done;
      };
      rig.start();
      ASSERT_TRUE(rig.until([&] { return rig.store.cursor == "e"; }, 120s));
      rig.pass(5s);
      EXPECT_EQ(recorded(rig), "abcde");
    }
}

}  // namespace
}  // namespace rolecall::test
