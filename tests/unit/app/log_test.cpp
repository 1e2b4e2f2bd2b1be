#include "worker/app/log.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

namespace rolecall {
namespace {

TraceEvent settled(const std::string& outcome) {
  return {.what = Trace::settled,
          .worker = WorkerId{3},
          .subject = Subject{"member:acme:user_1"},
          .organization = OrganizationId{"acme"},
          .kind = "member.push",
          .version = Version{7},
          .code = outcome,
          .http_status = 200,
          .request_id = RequestId{"req_9"},
          .elapsed = std::chrono::microseconds{12'345},
          .outbox_id = OutboxId{42}};
}

std::string logged(LogFormat format, LogLevel least, const TraceEvent& event) {
  std::ostringstream to;
  Log(to, format, least).on(event);
  return to.str();
}

TEST(Log, WritesOneJsonDocumentPerLineWithRowSubjectAndRequest) {
  const auto line = logged(LogFormat::json, LogLevel::info, settled("delivered"));
  ASSERT_TRUE(line.ends_with("}\n")) << line;
  const auto document = boost::json::parse(line).as_object();
  EXPECT_EQ(document.at("level").as_string(), "info");
  EXPECT_EQ(document.at("event").as_string(), "settled");
  EXPECT_EQ(document.at("code").as_string(), "delivered");
  EXPECT_EQ(document.at("outbox_id").as_int64(), 42);
  EXPECT_EQ(document.at("subject").as_string(), "member:acme:user_1");
  EXPECT_EQ(document.at("request_id").as_string(), "req_9");
  EXPECT_EQ(document.at("version").as_int64(), 7);
  EXPECT_DOUBLE_EQ(document.at("elapsed_ms").as_double(), 12.3);
  EXPECT_TRUE(document.at("time").as_string().ends_with("Z"));
  EXPECT_FALSE(document.contains("detail"));
}

TEST(Log, WritesTextForPeople) {
  const auto line = logged(LogFormat::text, LogLevel::info, settled("delivered"));
  EXPECT_NE(line.find(" info    settled code=delivered outbox_id=42 subject=member:acme:user_1"),
            std::string::npos)
      << line;
}

TEST(Log, NoTextReachesTheReadersTerminalAsAControlCharacter) {
  auto event = settled("dead");
  event.detail = "a\x1b[2Jb";
  const auto line = logged(LogFormat::text, LogLevel::info, event);
  EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  EXPECT_NE(line.find("detail=\"a\\u001b[2Jb\""), std::string::npos) << line;
}

TEST(Log, OneEventIsOneLineWhateverItsTextHolds) {
  auto event = settled("dead");
  event.detail = "two\nlines, a \"quote\" and a {brace}";
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    const auto line = logged(format, LogLevel::info, event);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  }
  const auto document =
      boost::json::parse(logged(LogFormat::json, LogLevel::info, event)).as_object();
  EXPECT_EQ(document.at("detail").as_string(), event.detail);
}

TEST(Log, WarnsOfWhatAPersonMustSettle) {
  for (const auto* outcome : {"dead", "held"})
    EXPECT_NE(logged(LogFormat::text, LogLevel::warning, settled(outcome)), "") << outcome;
  EXPECT_EQ(logged(LogFormat::text, LogLevel::warning, settled("delivered")), "");
}

TEST(Log, WarnsWhenTheProviderGoesAndInformsWhenItReturns) {
  TraceEvent event{.what = Trace::provider_changed, .code = "unauthorised", .detail = "401"};
  EXPECT_NE(logged(LogFormat::text, LogLevel::warning, event).find("unauthorised"),
            std::string::npos);
  event.code = "up";
  EXPECT_EQ(logged(LogFormat::text, LogLevel::warning, event), "");
}

TEST(Log, KeepsStatementsAndCallsForDebugging) {
  for (const auto what : {Trace::statement, Trace::call_started, Trace::leased}) {
    EXPECT_EQ(logged(LogFormat::text, LogLevel::info, {.what = what, .code = "x"}), "");
    EXPECT_NE(logged(LogFormat::text, LogLevel::debug, {.what = what, .code = "x"}), "");
  }
}

}  // namespace
}  // namespace rolecall
