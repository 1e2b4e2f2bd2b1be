#include "worker/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace rolecall {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct ConfigTest : ::testing::Test {
  std::map<std::string, std::string> variables{{"DATABASE_URL", "postgresql:///app"},
                                               {"WORKOS_API_KEY", "sk_test_1"}};
  GivenSettings flags;

  LoadedConfig load(Needs needs = Needs::database_and_workos) {
    return load_config(
        flags,
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        needs);
  }
};

struct SecretFile {
  explicit SecretFile(const std::string& text)
      : path(std::filesystem::temp_directory_path() /
             ("rolecall-secret-" + std::to_string(::getpid()))) {
    std::ofstream(path) << text;
  }
  ~SecretFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

TEST_F(ConfigTest, HasTheDocumentedDefaults) {
  const auto loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.database_url.reveal(), "postgresql:///app");
  EXPECT_EQ(loaded.config.workos_base_url, "https://api.workos.com");
  EXPECT_EQ(loaded.config.listen, "127.0.0.1:9464");
  EXPECT_EQ(loaded.config.log_format, LogFormat::text);
  EXPECT_FALSE(loaded.config.poll_only);
  EXPECT_FALSE(loaded.config.accept_environment);
  EXPECT_THAT(loaded.config.webhook_secrets, IsEmpty());
  EXPECT_EQ(loaded.config.webhook_tolerance_s, 180);
  EXPECT_EQ(loaded.config.limits.concurrency, 64);
  EXPECT_EQ(loaded.config.limits.lease_time_ms, 30'000);
  EXPECT_EQ(loaded.config.limits.call_deadline_ms, 10'000);
  EXPECT_EQ(loaded.config.limits.poll_ms, 1'000);
}

TEST_F(ConfigTest, AFlagOutranksTheEnvironment) {
  variables["ROLECALL_CONCURRENCY"] = "8";
  EXPECT_EQ(load().config.limits.concurrency, 8);
  flags["ROLECALL_CONCURRENCY"] = "9";
  EXPECT_EQ(load().config.limits.concurrency, 9);
}

TEST_F(ConfigTest, AnEmptyVariableIsAsGoodAsNone) {
  variables["ROLECALL_LISTEN"] = "";
  EXPECT_EQ(load().config.listen, "127.0.0.1:9464");
  EXPECT_THAT(load().problems, IsEmpty());
}

TEST_F(ConfigTest, NamesEveryProblemAtOnceWithVariableAndFlag) {
  variables = {{"ROLECALL_CONCURRENCY", "many"},
               {"ROLECALL_LISTEN", "9464"},
               {"ROLECALL_LOG", "xml"},
               {"ROLECALL_POLL_ONLY", "perhaps"},
               {"WORKOS_API_BASE_URL", "http://api.workos.com"}};
  EXPECT_THAT(load().problems,
              ::testing::UnorderedElementsAre(
                  AllOf(HasSubstr("DATABASE_URL (--database-url)"), HasSubstr("is missing")),
                  AllOf(HasSubstr("WORKOS_API_KEY (--workos-api-key)"), HasSubstr("is missing")),
                  AllOf(HasSubstr("ROLECALL_CONCURRENCY (--concurrency)"), HasSubstr("'many'")),
                  HasSubstr("ROLECALL_LISTEN (--listen)"),
                  AllOf(HasSubstr("ROLECALL_LOG (--log)"), HasSubstr("text, json")),
                  HasSubstr("ROLECALL_POLL_ONLY (--poll-only)"),
                  AllOf(HasSubstr("WORKOS_API_BASE_URL"), HasSubstr("plain http"))));
}

TEST_F(ConfigTest, ACommandThatDoesNotCallWorkosNeedsNoKey) {
  variables.erase("WORKOS_API_KEY");
  variables["ROLECALL_CONCURRENCY"] = "many";
  EXPECT_THAT(load(Needs::database).problems, IsEmpty());
}

TEST_F(ConfigTest, TakesASecretFromAFileWithoutItsLineEnd) {
  const SecretFile file("sk_test_from_file\n");
  variables.erase("WORKOS_API_KEY");
  variables["WORKOS_API_KEY_FILE"] = file.path.string();
  const auto loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.workos_api_key.reveal(), "sk_test_from_file");
}

TEST_F(ConfigTest, RefusesASecretGivenTwice) {
  const SecretFile file("sk_test_from_file");
  variables["WORKOS_API_KEY_FILE"] = file.path.string();
  EXPECT_THAT(load().problems, ElementsAre(HasSubstr("give one of the two")));
}

TEST_F(ConfigTest, AFlagForTheFileOutranksTheVariable) {
  const SecretFile file("sk_test_from_file");
  flags["WORKOS_API_KEY_FILE"] = file.path.string();
  const auto loaded = load();
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.workos_api_key.reveal(), "sk_test_from_file");
}

TEST_F(ConfigTest, SaysWhichSecretFileCannotBeReadOrIsEmpty) {
  const SecretFile file("\n");
  variables = {{"DATABASE_URL_FILE", "/nonexistent/url"},
               {"WORKOS_API_KEY_FILE", file.path.string()}};
  EXPECT_THAT(load().problems,
              ElementsAre(AllOf(HasSubstr("DATABASE_URL_FILE (--database-url-file)"),
                                HasSubstr("/nonexistent/url")),
                          AllOf(HasSubstr("WORKOS_API_KEY_FILE"), HasSubstr("is empty"))));
}

TEST_F(ConfigTest, NoProblemRepeatsASecret) {
  variables = {{"DATABASE_URL", "postgresql://u:hunter2@h/d"},
               {"WORKOS_API_KEY", "sk_live_hunter2"},
               {"WORKOS_API_KEY_FILE", "/nonexistent"},
               {"WORKOS_WEBHOOK_SECRET", "whsec_hunter2"},
               {"WORKOS_WEBHOOK_SECRET_FILE", "/nonexistent"},
               {"WORKOS_API_BASE_URL", "https://user:hunter2@api.workos.com"}};
  const auto problems = load().problems;
  EXPECT_EQ(problems.size(), 3U);
  EXPECT_THAT(problems, Each(Not(HasSubstr("hunter2"))));
}

TEST_F(ConfigTest, TakesSeveralWebhookSecretsBetweenCommasAndWhiteSpace) {
  const auto secrets = [this] {
    std::vector<std::string> texts;
    const auto loaded = load();
    EXPECT_THAT(loaded.problems, IsEmpty());
    for (const auto& secret : loaded.config.webhook_secrets) texts.push_back(secret.reveal());
    return texts;
  };
  for (const auto* text : {"whsec_1,whsec_2", "whsec_1 whsec_2", " whsec_1,\t\n whsec_2 ,\r\n",
                           ",,whsec_1,,whsec_2"}) {
    variables["WORKOS_WEBHOOK_SECRET"] = text;
    EXPECT_THAT(secrets(), ElementsAre("whsec_1", "whsec_2")) << text;
  }
  flags["WORKOS_WEBHOOK_SECRET"] = "whsec_flag";
  EXPECT_THAT(secrets(), ElementsAre("whsec_flag"));
  flags.clear();
  const SecretFile file("whsec_new\nwhsec_old\n");
  variables.erase("WORKOS_WEBHOOK_SECRET");
  variables["WORKOS_WEBHOOK_SECRET_FILE"] = file.path.string();
  EXPECT_THAT(secrets(), ElementsAre("whsec_new", "whsec_old"));
}

TEST_F(ConfigTest, RefusesSeparatorsWithoutAWebhookSecret) {
  variables["WORKOS_WEBHOOK_SECRET"] = " , ";
  EXPECT_THAT(load().problems,
              ElementsAre(AllOf(HasSubstr("WORKOS_WEBHOOK_SECRET (--workos-webhook-secret)"),
                                HasSubstr("holds no secret"))));
}

TEST_F(ConfigTest, BoundsTheToleranceOfWebhooks) {
  for (const auto* text : {"1", "86400"}) {
    variables["ROLECALL_WEBHOOK_TOLERANCE_S"] = text;
    EXPECT_THAT(load().problems, IsEmpty()) << text;
    EXPECT_EQ(load().config.webhook_tolerance_s, std::stoi(text));
  }
  for (const auto* text : {"0", "-180", "86401", "3m", "1.5"}) {
    variables["ROLECALL_WEBHOOK_TOLERANCE_S"] = text;
    EXPECT_THAT(load().problems,
                ElementsAre(AllOf(HasSubstr("ROLECALL_WEBHOOK_TOLERANCE_S (--webhook-tolerance-s)"),
                                  HasSubstr(text), HasSubstr("from 1 to 86400"))));
  }
}

TEST_F(ConfigTest, ACommandThatReceivesNoWebhooksDoesNotReadTheirSettings) {
  variables["ROLECALL_WEBHOOK_TOLERANCE_S"] = "soon";
  variables["WORKOS_WEBHOOK_SECRET"] = ",";
  EXPECT_THAT(load(Needs::database).problems, IsEmpty());
}

TEST_F(ConfigTest, SaysWhichLimitsContradictEachOther) {
  variables["ROLECALL_LEASE_MS"] = "5000";
  EXPECT_THAT(load().problems,
              ::testing::Contains(AllOf(HasSubstr("call_deadline_ms"), HasSubstr("lease_time_ms"),
                                        HasSubstr("ROLECALL_LEASE_MS"))));
}

TEST_F(ConfigTest, LimitsWithoutASettingFollowThoseThatHaveOne) {
  variables["ROLECALL_POLL_MS"] = "50";
  variables["ROLECALL_CALL_DEADLINE_MS"] = "500";
  EXPECT_THAT(load().problems, IsEmpty());
  variables["ROLECALL_CALL_DEADLINE_MS"] = "20000";
  EXPECT_THAT(load().problems, IsEmpty());
}

TEST_F(ConfigTest, OnAndOffHaveSeveralWords) {
  for (const auto* word : {"1", "true", "yes", "on"}) {
    variables["ROLECALL_POLL_ONLY"] = word;
    EXPECT_TRUE(load().config.poll_only) << word;
  }
  for (const auto* word : {"0", "false", "no", "off"}) {
    variables["ROLECALL_POLL_ONLY"] = word;
    EXPECT_FALSE(load().config.poll_only) << word;
  }
}

TEST(Settings, EveryOneHasAVariableAFlagAndHelp) {
  for (const auto& setting : settings()) {
    EXPECT_FALSE(setting.variable.empty());
    EXPECT_TRUE(setting.flag.starts_with("--")) << setting.flag;
    EXPECT_FALSE(setting.help.empty()) << setting.flag;
  }
}

}  // namespace
}  // namespace rolecall
