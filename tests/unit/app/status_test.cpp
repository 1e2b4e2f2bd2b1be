#include "worker/app/status.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace rolecall {
namespace {

StatusReport busy() {
  StatusReport report{.at = "2024-11-20T06:00:00Z",
                      .rows = {{"pending", 12'345}, {"dead", 1}, {"leased", 64}},
                      .convergence = {{"confirmed", 999}, {"pending", 1}},
                      .oldest_s = {{"confirmed", 90'000}, {"pending", 7'200}, {"attention", 4}},
                      .oldest_due_s = 3.25};
  report.provider = {.state = "unauthorised",
                     .since = "2024-11-20T05:00:00Z",
                     .since_s = 3'600,
                     .next_probe = "2024-11-20T06:00:10Z",
                     .drain_s = std::nullopt,
                     .detail = "401"};
  report.workers.push_back({.id = 7,
                            .host = "box",
                            .process_id = 99,
                            .version = "0.1.0",
                            .opened_at = "2024-11-20T05:00:00Z",
                            .last_seen_at = "2024-11-20T05:59:59Z",
                            .last_seen_s = 1,
                            .leases = 64});
  report.attention.push_back({.organization_id = "acme",
                              .subject = "role:organization:1",
                              .outbox_id = 17,
                              .reason = "dead",
                              .detail = "rejected",
                              .since = "2024-11-20T05:30:00Z",
                              .since_s = 1'800,
                              .command = "rolecall retry 17"});
  return report;
}

TEST(StatusJson, HasExactlyTheDocumentedNames) {
  const auto document = boost::json::parse(status_json(busy())).as_object();
  std::vector<std::string> names;
  for (const auto& member : document) names.emplace_back(member.key());
  EXPECT_EQ(names, (std::vector<std::string>{"rows", "convergence", "oldest_due_s", "provider",
                                             "workers", "attention"}));
  std::vector<std::string> provider;
  for (const auto& member : document.at("provider").as_object())
    provider.emplace_back(member.key());
  EXPECT_EQ(provider, (std::vector<std::string>{"state", "since", "next_probe", "drain_s"}));
}

TEST(StatusJson, CarriesTheNumbers) {
  const auto document = boost::json::parse(status_json(busy())).as_object();
  EXPECT_EQ(document.at("rows").at("pending").as_int64(), 12'345);
  EXPECT_EQ(document.at("convergence").at("confirmed").as_int64(), 999);
  EXPECT_DOUBLE_EQ(document.at("oldest_due_s").as_double(), 3.25);
  EXPECT_EQ(document.at("provider").at("state").as_string(), "unauthorised");
  EXPECT_TRUE(document.at("provider").at("drain_s").is_null());
  EXPECT_EQ(document.at("workers").at(0).at("leases").as_int64(), 64);
  EXPECT_EQ(document.at("attention").at(0).at("outbox_id").as_int64(), 17);
  EXPECT_EQ(document.at("attention").at(0).at("command").as_string(), "rolecall retry 17");
}

TEST(StatusJson, OfAnEmptyDatabaseIsWholeToo) {
  const auto document = boost::json::parse(status_json({})).as_object();
  EXPECT_TRUE(document.at("rows").as_object().empty());
  EXPECT_TRUE(document.at("oldest_due_s").is_null());
  EXPECT_TRUE(document.at("workers").as_array().empty());
  EXPECT_TRUE(document.at("attention").as_array().empty());
}

TEST(StatusScreen, ShowsTheStatesInTheOrderOfALifeAndWhatToDo) {
  const auto screen = status_screen(busy());
  EXPECT_NE(screen.find("pending 12,345   leased 64   dead 1"), std::string::npos) << screen;
  EXPECT_NE(screen.find("99.9 % confirmed"), std::string::npos) << screen;
  EXPECT_NE(screen.find("unauthorised for 60 min (since 2024-11-20T05:00:00Z); "
                        "next probe 2024-11-20T06:00:10Z; 401"),
            std::string::npos)
      << screen;
  EXPECT_NE(screen.find("rolecall retry 17"), std::string::npos) << screen;
  EXPECT_NE(screen.find("the oldest: pending 2 h   attention 4.0 s\n"), std::string::npos)
      << screen;
  EXPECT_NE(screen.find("due for 3.2 s"), std::string::npos) << screen;
}

TEST(StatusScreen, PredictsWhenWhatIsDueWillHaveLeft) {
  auto report = busy();
  report.provider = {.state = "open",
                     .since = "2024-11-20T05:59:00Z",
                     .since_s = 60,
                     .next_probe = "2024-11-20T06:00:04Z",
                     .drain_s = 203};
  EXPECT_NE(status_screen(report).find("open for 60 s (since 2024-11-20T05:59:00Z); "
                                       "next probe 2024-11-20T06:00:04Z; "
                                       "what is due leaves in 3 min once it answers\n"),
            std::string::npos)
      << status_screen(report);
  EXPECT_EQ(boost::json::parse(status_json(report)).at("provider").at("drain_s").as_int64(), 203);
  report.provider = {.state = "up", .drain_s = 5};
  EXPECT_NE(status_screen(report).find("up; what is due leaves in 5.0 s\n"), std::string::npos)
      << status_screen(report);
}

TEST(StatusScreen, SaysSoWhenNothingIsToBeDone) {
  const auto screen = status_screen({.provider = {.state = "up"}});
  EXPECT_NE(screen.find("nothing waits for a person"), std::string::npos);
  EXPECT_NE(screen.find("none is running"), std::string::npos);
}

TEST(StatusScreen, CutsALongDetailBetweenCharacters) {
  auto report = busy();
  report.attention.front().detail = "two\n lines " + std::string(107, 'x') + "\u00e9\u00e9\u00e9";
  const auto screen = status_screen(report);
  EXPECT_NE(screen.find("two lines xxx"), std::string::npos) << screen;
  EXPECT_NE(screen.find("x\u00e9...\n"), std::string::npos) << screen;
}

TEST(StatusScreen, ShowsNoControlCharacterOfWhatOthersSaid) {
  auto report = busy();
  report.attention.front().detail = "a\x1b[2Jb";
  report.attention.front().subject = "member:o\x1b]0;x\x07:u";
  report.provider.detail = "\x1b[31m401";
  EXPECT_EQ(status_screen(report).find('\x1b'), std::string::npos);
}

TEST(StatusScreen, ColoursSayWhatTheWordsSay) {
  const Palette colours{true};
  auto report = busy();
  EXPECT_NE(status_screen(report, 20, colours).find("\x1b[1;31munauthorised\x1b[0m"),
            std::string::npos);
  report.provider = {.state = "up"};
  report.workers.clear();
  const auto screen = status_screen(report, 20, colours);
  EXPECT_NE(screen.find("\x1b[32mup\x1b[0m"), std::string::npos) << screen;
  EXPECT_NE(screen.find("\x1b[1;31mnone is running\x1b[0m"), std::string::npos) << screen;
}

TEST(StatusScreen, ShowsTheBudgetAndWhatSlowsIt) {
  auto report = busy();
  EXPECT_EQ(status_screen(report).find("Budget"), std::string::npos);
  report.budgets = {{.rate_class = "general", .calls_per_s = 49.2},
                    {.rate_class = "um_read", .calls_per_s = 24, .factor = 0.78},
                    {.rate_class = "um_write", .calls_per_s = 1, .quiet_s = 2.5}};
  EXPECT_NE(status_screen(report).find("Budget      general 49.2/s   um_read 24.0/s (78 % of ours: "
                                       "429)   um_write 1.0/s (silent for 2.5 s: 429)\n"),
            std::string::npos)
      << status_screen(report);
}

TEST(StatusScreen, ShowsNoMoreThanItIsTold) {
  auto report = busy();
  for (int i = 0; i < 30; ++i) report.attention.push_back(report.attention.front());
  const auto screen = status_screen(report, 5);
  EXPECT_NE(screen.find("31 things wait"), std::string::npos) << screen;
  EXPECT_NE(screen.find("and 26 more"), std::string::npos) << screen;
}

}  // namespace
}  // namespace rolecall
