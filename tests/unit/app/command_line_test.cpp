#include "worker/app/command_line.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <sstream>
#include <vector>

#include "worker/app/exit_code.hpp"
#include "worker/app/program.hpp"
#include "worker/net/http_server.hpp"

namespace rolecall {
namespace {

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "rolecall");
  CommandLine line;
  return line.parse(static_cast<int>(words.size()), words.data());
}

struct Said {
  int code = -1;
  std::string out{};
  std::string err{};
};

Said describe(std::vector<const char*> words) {
  words.insert(words.begin(), "rolecall");
  CommandLine line;
  std::ostringstream out;
  std::ostringstream err;
  Said said;
  try {
    line.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    said.code = line.describe(error, out, err);
  }
  said.out = out.str();
  said.err = err.str();
  return said;
}

TEST(CommandLine, KnowsItsCommands) {
  EXPECT_EQ(parse({"migrate"}).verb, Verb::migrate);
  EXPECT_TRUE(parse({"migrate", "--dry-run"}).dry_run);
  EXPECT_EQ(parse({"run"}).verb, Verb::run);
  EXPECT_EQ(parse({"sync-roles"}).verb, Verb::sync_roles);
  EXPECT_EQ(parse({"preflight"}).verb, Verb::preflight);
  EXPECT_TRUE(parse({"preflight", "--json"}).json);
  EXPECT_EQ(parse({"enable-rbac", "acme"}).verb, Verb::enable_rbac);
  EXPECT_EQ(parse({"enable-rbac", "acme"}).organization, "acme");
  EXPECT_EQ(describe({"enable-rbac"}).code, 2);
  const auto status = parse({"status", "--json", "--watch"});
  EXPECT_EQ(status.verb, Verb::status);
  EXPECT_TRUE(status.json);
  EXPECT_TRUE(status.watch);
  const auto reconcile = parse({"reconcile", "--organization", "acme", "--apply", "--json"});
  EXPECT_EQ(reconcile.verb, Verb::reconcile);
  EXPECT_EQ(reconcile.organization, "acme");
  EXPECT_TRUE(reconcile.apply);
  EXPECT_TRUE(reconcile.json);
  EXPECT_FALSE(parse({"reconcile"}).apply);
  const auto adopt = parse({"adopt", "--policy", "newer", "--apply", "--again", "--json"});
  EXPECT_EQ(adopt.verb, Verb::adopt);
  EXPECT_EQ(adopt.policy, "newer");
  EXPECT_TRUE(adopt.apply && adopt.again && adopt.json);
  EXPECT_FALSE(parse({"adopt"}).apply);
}

TEST(CommandLine, ExplainAndRetryTakeARow) {
  EXPECT_EQ(parse({"explain", "17"}).row, "17");
  EXPECT_EQ(parse({"retry", "17"}).row, "17");
  EXPECT_EQ(parse({"retry", "member:org_1:user_1"}).row, "member:org_1:user_1");
}

TEST(CommandLine, RetryDeadTakesFilters) {
  const auto retry = parse({"retry", "--dead", "--organization", "acme", "--class", "rejected"});
  EXPECT_TRUE(retry.dead);
  EXPECT_EQ(retry.organization, "acme");
  EXPECT_EQ(retry.failure_class, "rejected");
}

TEST(CommandLine, TakesSettingsBeforeAndAfterTheCommand) {
  for (const auto& words : {std::vector<const char*>{"--listen", "127.0.0.1:0", "run"},
                            std::vector<const char*>{"run", "--listen", "127.0.0.1:0"}}) {
    const auto command = parse(words);
    ASSERT_EQ(command.settings.size(), 1U);
    EXPECT_EQ(command.settings.at("ROLECALL_LISTEN"), "127.0.0.1:0");
  }
}

TEST(CommandLine, TakesSecretsFromFilesAndSwitches) {
  const auto command =
      parse({"run", "--workos-api-key-file", "/run/key", "--poll-only", "--database-url", "x"});
  EXPECT_EQ(command.settings.at("WORKOS_API_KEY_FILE"), "/run/key");
  EXPECT_EQ(command.settings.at("ROLECALL_POLL_ONLY"), "true");
  EXPECT_EQ(command.settings.at("DATABASE_URL"), "x");
  EXPECT_EQ(parse({"run", "--poll-only=false"}).settings.at("ROLECALL_POLL_ONLY"), "false");
}

TEST(CommandLine, EverySettingHasAFlag) {
  for (const auto& setting : settings()) {
    const auto flag = std::string(setting.flag) + "=x";
    const auto command = parse({"run", flag.c_str()});
    EXPECT_EQ(command.settings.size(), 1U) << setting.flag;
    EXPECT_TRUE(command.settings.contains(std::string(setting.variable))) << setting.flag;
  }
}

TEST(CommandLine, WrongUsageIsExitCodeTwo) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{},
                                             {"deliver"},
                                             {"run", "--no-such-flag"},
                                             {"explain"},
                                             {"retry"},
                                             {"retry", "17", "--dead"},
                                             {"reconcile", "acme"},
                                             {"adopt", "--policy", "theirs"},
                                             {"adopt", "--again"},
                                             {"retry", "17", "--organization", "acme"},
                                             {"migrate", "status"}}) {
    const auto said = describe(words);
    EXPECT_EQ(said.code, 2) << (words.empty() ? "nothing" : words.back());
    EXPECT_FALSE(said.err.empty());
  }
}

TEST(CommandLine, HelpAndVersionAreExitCodeZero) {
  const auto help = describe({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const auto* word : {"migrate", "run", "status", "sync-roles", "explain", "retry",
                           "reconcile", "DATABASE_URL", "WORKOS_API_KEY_FILE", "127.0.0.1:9464"})
    EXPECT_NE(help.out.find(word), std::string::npos) << word;
  const auto version = describe({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_NE(version.out.find(ROLECALL_VERSION), std::string::npos);
}

Said run_with(const Command& command, const std::map<std::string, std::string>& variables) {
  std::ostringstream out;
  std::ostringstream err;
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  Said said{.code = run_program(command, environment, {.out = out, .err = err})};
  said.out = out.str();
  said.err = err.str();
  return said;
}

TEST(Program, BadConfigurationIsExitCodeTwoWithEveryProblem) {
  const auto said = run_with({.verb = Verb::run}, {{"ROLECALL_LOG", "xml"}});
  EXPECT_EQ(said.code, 2);
  for (const auto* word : {"DATABASE_URL", "WORKOS_API_KEY", "ROLECALL_LOG"})
    EXPECT_NE(said.err.find(word), std::string::npos) << said.err;
}

TEST(Program, ADatabaseOutOfReachIsExitCodeThreeAndShowsNoPassword) {
  for (const auto verb :
       {Verb::migrate, Verb::status, Verb::run, Verb::explain, Verb::retry, Verb::reconcile}) {
    const auto said = run_with({.verb = verb, .row = "1"},
                               {{"DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/nowhere"},
                                {"WORKOS_API_KEY", "sk_test_hunter2"},
                                {"WORKOS_API_BASE_URL", "http://127.0.0.1:1"},
                                {"ROLECALL_LISTEN", "127.0.0.1:0"}});
    EXPECT_EQ(said.code, 3) << said.err;
    EXPECT_FALSE(said.err.empty());
    EXPECT_EQ(said.err.find("hunter2"), std::string::npos) << said.err;
    EXPECT_EQ(said.out, "");
  }
}

TEST(Program, ADatabaseUrlThatIsNoneIsExitCodeTwo) {
  const auto said = run_with({.verb = Verb::status}, {{"DATABASE_URL", "hunter2 is no URL"}});
  EXPECT_EQ(said.code, 2) << said.err;
  EXPECT_EQ(said.err.find("hunter2"), std::string::npos) << said.err;
}

TEST(Program, AListeningPortInUseIsExitCodeTwoAndNamesTheFlag) {
  boost::asio::io_context io;
  const auto taken = HttpServer::start({.listen = "127.0.0.1:0"}, io.get_executor());
  ASSERT_TRUE(taken);
  const auto said =
      run_with({.verb = Verb::run}, {{"DATABASE_URL", "postgresql://127.0.0.1:1/nowhere"},
                                     {"WORKOS_API_KEY", "sk_test_1"},
                                     {"ROLECALL_LISTEN", (*taken)->address()}});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("--listen"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find((*taken)->address()), std::string::npos) << said.err;
}

TEST(Program, ACertificateFileThatIsNoneIsExitCodeTwo) {
  const auto said =
      run_with({.verb = Verb::run}, {{"DATABASE_URL", "postgresql://127.0.0.1:1/nowhere"},
                                     {"WORKOS_API_KEY", "sk_test_1"},
                                     {"ROLECALL_CA_FILE", "/nonexistent.pem"},
                                     {"ROLECALL_LISTEN", "127.0.0.1:0"}});
  EXPECT_EQ(said.code, 2);
  EXPECT_NE(said.err.find("/nonexistent.pem"), std::string::npos) << said.err;
}

TEST(Console, TakesTheFrameOffADatabaseMessage) {
  std::ostringstream out;
  std::ostringstream err;
  const auto code = complain({.out = out, .err = err},
                             {.code = "P0002",
                              .detail = "ERROR:  there is no row HINT:  look elsewhere CONTEXT:  a "
                                        "function"});
  EXPECT_EQ(code, 1);
  EXPECT_EQ(err.str(), "rolecall: there is no row\n  hint: look elsewhere\n");
}

TEST(ExitCode, TellsConfigurationFromReach) {
  EXPECT_EQ(exit_code::of({.kind = FailureClass::bad_input}), 2);
  EXPECT_EQ(exit_code::of({.kind = FailureClass::unauthorised}), 2);
  EXPECT_EQ(exit_code::of({.kind = FailureClass::unavailable}), 3);
  EXPECT_EQ(exit_code::of({.kind = FailureClass::transient}), 3);
  EXPECT_EQ(exit_code::of({.kind = FailureClass::in_doubt}), 3);
  EXPECT_EQ(exit_code::of({.kind = FailureClass::bug}), 1);
}

}  // namespace
}  // namespace rolecall
