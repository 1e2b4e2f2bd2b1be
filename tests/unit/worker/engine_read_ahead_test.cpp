// Pages that come while one is recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/pull_story.hpp"

namespace rolecall::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// As long as a thousand calls take.
void record_slowly(Rig& rig) {
  rig.steps.way_back = [](const std::string& step) {
    return step == "record_events" ? Millis{1'000} : Millis{1};
  };
}

TEST(PullAhead, RecordsTogetherWhatCameWhileAPageWasRecorded) {
  Rig rig;
  record_slowly(rig);
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}, {"a", "b"}, {"b", "cd"}, {"d", "e"}});
  rig.start();
  rig.engine->pull_soon("event_e");
  ASSERT_TRUE(rig.until([&] { return rig.trace.last(Trace::events_pulled).code == "end"; }));
  EXPECT_EQ(recorded(rig), "abcde");
  ASSERT_THAT(rig.store.pages, SizeIs(3));
  EXPECT_EQ(rig.store.pages[1].first.after, "a");
  EXPECT_EQ(rig.store.pages[1].second.last_id, "e");
  EXPECT_EQ(rig.store.pages[2].first.after, "e");
}

TEST(PullAhead, ThatFailsRecordsWhatItHasAndAsksAgain) {
  Rig rig;
  record_slowly(rig);
  rig.store.grants = {grant_after("")};
  const auto pages = stream({{"", "a"}, {"a", "b"}, {"b", "c"}});
  rig.transport.answer = [&rig, pages](const HttpRequest& request) {
    const bool is_first = targets(rig).size() == 3;
    return is_first ? Result<HttpResponse>{HttpResponse{.status = 500}} : pages(request);
  };
  rig.start();
  rig.engine->pull_soon("event_c");
  ASSERT_TRUE(rig.until([&] { return rig.trace.last(Trace::events_pulled).code == "end"; }));
  EXPECT_EQ(recorded(rig), "abc");
  EXPECT_THAT(targets(rig), ElementsAre("/events/", "/events/a", "/events/b", "/events/b",
                                        "/events/c", "/events/c"));
  EXPECT_THAT(rig.store.failed_pulls, IsEmpty());
}

TEST(PullAhead, TheReducerDoesNotWaitForTheCallThatIsUnderWay) {
  Rig rig;
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}});
  rig.transport.call_time = Millis{10'000};
  rig.start();
  rig.engine->pull_soon("event_a");
  ASSERT_TRUE(rig.until([&] { return rig.transport.sent.size() == 1; }));
  const int before = rig.steps.count("reduce");
  ASSERT_TRUE(rig.until([&] { return rig.transport.sent.size() == 2; }));
  ASSERT_TRUE(rig.until([&] { return rig.steps.count("reduce") > before; }, Millis{1'000}));
  EXPECT_EQ(rig.trace.count(Trace::events_pulled), 1);
}

TEST(PullAhead, RecordsNothingTogetherWithRolesThatWereReadBeforeIt) {
  Rig rig;
  record_slowly(rig);
  rig.store.grants = {grant_after("")};
  rig.transport.answer = stream({{"", "a"}, {"a", "b"}, {"b", "c*"}, {"c", "d"}});
  rig.start();
  rig.engine->pull_soon("event_d");
  ASSERT_TRUE(rig.until([&] { return rig.trace.last(Trace::events_pulled).code == "end"; }));
  ASSERT_THAT(rig.store.pages, SizeIs(4));
  EXPECT_THAT(rig.store.pages[1].second.events, SizeIs(2)) << "b and c";
  EXPECT_TRUE(rig.store.pages[1].second.roles);
  EXPECT_FALSE(rig.store.pages[2].second.roles);
  EXPECT_EQ(recorded(rig), "abcd");
}

TEST(PullAhead, RecordsABoundedNumberTogether) {
  Rig rig;
  record_slowly(rig);
  rig.store.grants = {grant_after("")};
  std::map<std::string, std::string> pages{{"", "a"}};
  for (char id = 'a'; id < 'z'; ++id)
    pages[std::string(1, id)] = std::string(399, '.') + std::string(1, id + 1);
  rig.transport.answer = stream(pages);
  rig.start();
  rig.engine->pull_soon("event_z");
  ASSERT_TRUE(rig.until([&] { return rig.trace.last(Trace::events_pulled).code == "end"; }));
  for (const auto& [task, page] : rig.store.pages) EXPECT_LE(page.events.size(), 1'200U);
  EXPECT_THAT(rig.store.pages, SizeIs(11)) << "one, eight of three pages, the last, the end";
}

}  // namespace
}  // namespace rolecall::test
