#include "workflows/workos/webhook.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <random>

#include "tests/emulator/signature.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::workos {
namespace {

namespace json = boost::json;
using emulator::sign_webhook;
using enum WebhookResult;

constexpr std::int64_t kNow = 1'768'478'400'000;
const std::string kSecret = "whsec_one";
const std::string kBody =
    R"({"id":"event_1","event":"role.updated","created_at":"2026-01-15T12:00:00.000Z","data":{}})";

WallTime at(std::int64_t millis) {
  return WallTime{Millis{millis}};
}

WebhookTrust trust(std::vector<std::string> secrets = {kSecret}) {
  WebhookTrust trust;
  for (auto& secret : secrets) trust.secrets.emplace_back(std::move(secret));
  return trust;
}

WebhookVerdict judge(std::optional<std::string_view> header, std::string_view body = kBody) {
  return judge_webhook(trust(), at(kNow), header, body);
}

WebhookVerdict judge_signed(std::string_view body) {
  return judge(sign_webhook(kSecret, kNow, body), body);
}

TEST(Webhook, TellsWhatHappenedAndWhen) {
  const auto verdict = judge_signed(kBody);
  EXPECT_EQ(verdict.result, accepted);
  EXPECT_EQ(verdict.nudge, (WebhookNudge{"event_1", "role.updated", "2026-01-15T12:00:00.000Z"}));
  EXPECT_EQ(status_of(verdict.result), 204);
}

TEST(Webhook, OfATypeThatNobodyKnowsIsAccepted) {
  const auto verdict = judge_signed(R"({"id":"e","event":"moon.rose","extra":[{"a":null}]})");
  EXPECT_EQ(verdict.result, accepted);
  EXPECT_EQ(verdict.nudge, (WebhookNudge{"e", "moon.rose", ""}));
}

// The same file is given to the official SDK (tests/sdk/webhooks.test.mjs).
TEST(Webhook, AgreesWithTheSharedListOfHeaders) {
  const auto shared = json::parse(source_text("tests/sdk/webhook_signatures.json")).as_object();
  const auto text = [](const json::object& from, const char* key) {
    return std::string(from.at(key).as_string());
  };
  std::size_t differences = 0;
  for (const auto& each : shared.at("cases").as_array()) {
    const auto& one = each.as_object();
    const auto name = text(one, "name");
    const auto& header = one.at("header");
    const auto body = text(one.contains("body") ? one : shared, "body");
    const auto verdict =
        judge_webhook(trust({text(shared, "secret")}), at(shared.at("now").as_int64()),
                      header.is_null() ? std::nullopt : std::optional(header.as_string()), body);
    EXPECT_EQ(verdict.result == accepted, text(one, "ours") == "accepted")
        << name << ": " << verdict.reason;
    if (verdict.result != accepted) EXPECT_EQ(status_of(verdict.result), 401) << name;
    if (!one.contains("sdk")) continue;
    ++differences;
    EXPECT_NE(text(one, "sdk"), text(one, "ours")) << name << ": no difference";
    EXPECT_FALSE(text(one, "why").empty()) << name;
  }
  EXPECT_GT(differences, 0U);
}

TEST(Webhook, WithoutASignatureHasAResultOfItsOwn) {
  for (const auto header : {std::optional<std::string_view>{}, std::optional(std::string_view{}),
                            std::optional<std::string_view>("  ")}) {
    EXPECT_EQ(judge(header).result, no_signature);
    EXPECT_EQ(status_of(judge(header).result), 401);
  }
}

TEST(Webhook, IsRefusedWhereNoSecretIsConfigured) {
  for (const auto& key : {kSecret, std::string()}) {
    const auto header = sign_webhook(key, kNow, kBody);
    const auto verdict = judge_webhook(trust({}), at(kNow), header, kBody);
    EXPECT_EQ(verdict.result, refused);
    EXPECT_EQ(verdict.reason, "no_secret");
  }
}

TEST(Webhook, SaysWhyItIsRefused) {
  const auto reason = [](std::int64_t signed_at) {
    return judge(sign_webhook(kSecret, signed_at, kBody)).reason;
  };
  EXPECT_EQ(reason(kNow - 180'001), "too_old");
  EXPECT_EQ(reason(kNow + 180'001), "too_new");
  EXPECT_EQ(judge("t=1").reason, "header");
  EXPECT_EQ(judge(sign_webhook("other", kNow, kBody)).reason, "signature");
  // Only who knows the secret is told about our clock.
  EXPECT_EQ(judge(sign_webhook("other", kNow - 999'999, kBody)).reason, "signature");
}

TEST(Webhook, HasAToleranceOnBothSidesToTheMillisecond) {
  for (const std::int64_t tolerance : {1, 180'000, 3'600'000}) {
    const auto judged = [&](std::int64_t offset, std::int64_t micros = 0) {
      auto with = trust();
      with.tolerance = Millis{tolerance};
      return judge_webhook(with, at(kNow) + std::chrono::microseconds{micros},
                           sign_webhook(kSecret, kNow + offset, kBody), kBody)
          .result;
    };
    EXPECT_EQ(judged(-tolerance), accepted);
    EXPECT_EQ(judged(-tolerance, 999), accepted) << "the sender counts whole milliseconds";
    EXPECT_EQ(judged(-tolerance, 1'000), refused);
    EXPECT_EQ(judged(-tolerance - 1), refused);
    EXPECT_EQ(judged(tolerance), accepted);
    EXPECT_EQ(judged(tolerance + 1), refused);
  }
}

TEST(Webhook, MayBeSignedByAnySecretWhileTheyAreReplaced) {
  const auto old_one = sign_webhook("old", kNow, kBody);
  const auto new_one = sign_webhook("new", kNow, kBody);
  const auto result = [](std::vector<std::string> secrets, const std::string& header) {
    return judge_webhook(trust(std::move(secrets)), at(kNow), header, kBody).result;
  };
  for (const auto& secrets :
       {std::vector<std::string>{"old", "new"}, {"new", "old"}, {"old", "x", "new", "old"}}) {
    EXPECT_EQ(result(secrets, old_one), accepted);
    EXPECT_EQ(result(secrets, new_one), accepted);
  }
  EXPECT_EQ(result({"new"}, old_one), refused);
  EXPECT_EQ(result({"oldnew"}, old_one), refused);
}

TEST(Webhook, IsJudgedByItsBytesNotByWhatTheyMean) {
  std::string zeroes = R"({"id":"e","event":"x"})";
  zeroes += std::string(3, '\0');
  const std::string bytes = "\xff\xfe not UTF-8";
  for (const auto& body : {kBody + " ", "\n" + kBody, zeroes, bytes}) {
    EXPECT_EQ(judge(sign_webhook(kSecret, kNow, kBody), body).reason, "signature");
    EXPECT_NE(judge_signed(body).reason, "signature") << body;
  }
}

TEST(Webhook, ThatWorkosSignedAndThatIsNoEventIsMalformed) {
  const std::pair<const char*, const char*> bodies[]{
      {"", "no_json_object"},
      {"{", "no_json_object"},
      {"[]", "no_json_object"},
      {R"({"id":"e","event":"x"} trailing)", "no_json_object"},
      {R"({"id":"e","event":"\ud800"})", "no_json_object"},
      {R"({"event":"x"})", "no_id"},
      {R"({"id":7,"event":"x"})", "no_id"},
      {R"({"id":"","event":"x"})", "no_id"},
      {R"({"id":"e"})", "no_event"},
      {R"({"id":"e","event":null})", "no_event"},
  };
  for (const auto& [body, reason] : bodies) {
    EXPECT_EQ(judge_signed(body).result, malformed) << body;
    EXPECT_EQ(judge_signed(body).reason, reason) << body;
    EXPECT_EQ(judge(sign_webhook("other", kNow, body), body).result, refused) << body;
  }
  EXPECT_EQ(judge_signed(std::string(100'000, '[')).result, malformed);
  EXPECT_EQ(status_of(malformed), 400);
}

TEST(Webhook, NoResultLacksAName) {
  std::vector<std::string_view> names;
  for (const auto result : {accepted, no_signature, refused, malformed, too_large})
    names.push_back(name_of(result));
  EXPECT_EQ(names, (std::vector<std::string_view>{"accepted", "unsigned", "refused", "malformed",
                                                  "too_large"}));
}

// One random edit: a byte changed, removed, added or doubled, or two pieces exchanged.
std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  static const std::string favourites("t=v1, ,,==09afAF\0\xff", 18);
  const auto where = below(text.size());
  const char byte =
      below(2) == 0 ? favourites[below(favourites.size())] : static_cast<char>(below(256));
  switch (below(5)) {
    case 0:
      if (!text.empty()) text[where] = byte;
      break;
    case 1:
      text.erase(where, below(8));
      break;
    case 2:
      text.insert(where, 1 + below(3), byte);
      break;
    case 3:
      text.insert(below(text.size()), text.substr(where, below(90)));
      break;
    default:
      std::rotate(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(where), text.end());
  }
  return text;
}

// What stands in the header once blanks around its parts, and their order, are put aside.
std::vector<std::string> parts_of(const std::string& header) {
  std::vector<std::string> parts{""};
  for (const char c : header) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (auto& part : parts) {
    part.erase(0, std::min(part.find_first_not_of(" \t"), part.size()));
    part.erase(part.find_last_not_of(" \t") + 1);
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

TEST(Webhook, OfThousandsOfForgeriesNoneIsAccepted) {
  std::mt19937 random(20'260'115);
  const auto exact = sign_webhook(kSecret, kNow, kBody);
  int survived = 0;
  for (int round = 0; round < 10'000; ++round) {
    auto header = exact;
    auto body = kBody;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      auto& text = random() % 4 == 0 ? body : header;
      text = mutated(text, random);
    }
    const bool is_exact = body == kBody && parts_of(header) == parts_of(exact);
    EXPECT_EQ(judge(header, body).result == accepted, is_exact) << header << "\n" << body;
    survived += static_cast<int>(is_exact);
  }
  EXPECT_LT(survived, 1'000) << "the edits hardly change anything";
}

TEST(Webhook, WhateverWorkosSignsIsJudgedWithoutACrash) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    auto body = kBody;
    for (auto edits = 1 + random() % 6; edits > 0; --edits) body = mutated(body, random);
    const auto verdict = judge_signed(body);
    EXPECT_TRUE(verdict.result == accepted || verdict.result == malformed) << body;
    EXPECT_EQ(verdict.result == accepted, !verdict.nudge.event_id.empty()) << body;
  }
}

}  // namespace
}  // namespace rolecall::workos
