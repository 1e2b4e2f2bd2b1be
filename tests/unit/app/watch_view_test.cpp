#include "worker/app/watch_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/app/sparkline.hpp"

namespace rolecall {
namespace {

using ::testing::HasSubstr;

TEST(Sparkline, IsAsHighAsItsPartOfTheGreatestAndNothingIsLow) {
  EXPECT_EQ(sparkline({0.0, 1.0, 50.0, 100.0}, 10, false), "_.=#");
  EXPECT_EQ(sparkline({0.0, 100.0}, 10, true), "\u2581\u2588");
  EXPECT_EQ(sparkline({0.0, 0.0}, 10, false), "__");
}

TEST(Sparkline, ShowsTheNewestAndABlankForWhatIsNotKnown) {
  EXPECT_EQ(sparkline({9.0, std::nullopt, 1.0}, 2, false), " #");
  EXPECT_EQ(sparkline({}, 5, false), "");
}

TEST(CutTo, CountsCharactersAndKeepsColours) {
  EXPECT_EQ(cut_to("abc", 2), "ab");
  EXPECT_EQ(cut_to("\u00e9\u00e9\u00e9", 2), "\u00e9\u00e9");
  EXPECT_EQ(cut_to("\x1b[31mred\x1b[0m", 2), "\x1b[31mre\x1b[0m");
  EXPECT_EQ(cut_to("\x1b[3", 5), "\x1b[3");
}

StatusReport with(std::int64_t pending, std::int64_t delivered) {
  return {.at = "2024-11-20T06:00:00Z",
          .rows = {{"pending", pending}, {"delivered", delivered}},
          .provider = {.state = "up"}};
}

TEST(WatchHistory, TellsTheRateBetweenLooksAndNothingAcrossAGap) {
  WatchHistory history;
  history.keep(0, with(5, 100));
  history.keep(2, with(4, 150));
  history.miss(4);
  history.keep(6, with(3, 200));
  history.keep(8, with(2, 190));  // retention took more than was settled
  using Values = std::vector<std::optional<double>>;
  EXPECT_EQ(history.backlog(), (Values{5.0, 4.0, std::nullopt, 3.0, 2.0}));
  EXPECT_EQ(history.settled_per_s(), (Values{std::nullopt, 25.0, std::nullopt, std::nullopt, 0.0}));
  EXPECT_DOUBLE_EQ(history.span_s(2), 2);
  EXPECT_DOUBLE_EQ(history.span_s(100), 8);
}

TEST(WatchHistory, ForgetsWhatNoScreenCouldShow) {
  WatchHistory history;
  for (int i = 0; i < 1000; ++i) history.keep(i, with(i, 0));
  EXPECT_EQ(history.backlog().size(), 240U);
  EXPECT_EQ(history.backlog().back(), 999.0);
}

std::string shown(const WatchFrame& frame, const WatchHistory& history) {
  std::string text;
  for (const auto& line : watch_lines(frame, history)) text += line + "\n";
  return text;
}

TEST(WatchLines, ShowHowItStandsAndHowItCameToBeSo) {
  WatchHistory history;
  history.keep(0, with(8, 0));
  const auto report = with(4, 9);
  history.keep(2, report);
  const auto text = shown({.report = &report}, history);
  EXPECT_THAT(text, HasSubstr("Backlog             4  #=  at most 8\n"));
  EXPECT_THAT(text, HasSubstr("Settled         4.5/s   #  at most 4.5/s\n"));
  EXPECT_THAT(text, HasSubstr("Changes     pending 4   delivered 9\n"));
  EXPECT_THAT(text, HasSubstr("the last 2 s; q or Ctrl-C ends"));
}

TEST(WatchLines, SayThatTheDatabaseDoesNotAnswerAndKeepWhatWasSeen) {
  WatchHistory history;
  const auto report = with(4, 9);
  history.keep(0, report);
  history.miss(2);
  const auto text = shown({.report = &report, .trouble = "no connection"}, history);
  EXPECT_THAT(text, HasSubstr("no connection\n"));
  EXPECT_THAT(text, HasSubstr("Backlog             ?"));
  EXPECT_THAT(text, HasSubstr("Changes     pending 4"));
  EXPECT_THAT(shown({.trouble = "no connection"}, WatchHistory{}), HasSubstr("no connection\n"));
}

TEST(WatchLines, FillTheScreenAndNoMoreWithWhatWaitsForAPerson) {
  auto report = with(0, 0);
  for (int i = 0; i < 50; ++i)
    report.attention.push_back({.subject = "member:o:u",
                                .reason = "dead",
                                .detail = "why",
                                .command = "rolecall retry 1"});
  WatchHistory history;
  history.keep(0, report);
  for (const std::size_t rows : {24U, 40U, 80U}) {
    const auto lines = watch_lines({.report = &report, .size = {80, rows}}, history);
    EXPECT_LE(lines.size(), rows);
    EXPECT_GT(lines.size() + 4, rows);
  }
}

}  // namespace
}  // namespace rolecall
