// The manual page, the completion and the example settings say what the program has: all of it, and
// nothing else.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/source_dir.hpp"
#include "worker/app/command_line.hpp"

namespace rolecall {
namespace {

using Words = std::set<std::string>;

std::string help_of(std::vector<const char*> words) {
  words.insert(words.begin(), "rolecall");
  words.push_back("--help");
  CommandLine line;
  std::ostringstream out;
  try {
    line.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    line.describe(error, out, out);
  }
  return out.str();
}

Words found(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  Words words;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    words.insert((*at)[1]);
  return words;
}

// What a line of help begins with: "  --json  one JSON document", "  -h,--help  ...".
Words flags_in(const std::string& help) {
  return found(help, R"(\n  (?:-\w,)?(--[a-z-]+))");
}

Words commands() {
  const auto help = help_of({});
  return found(help.substr(help.find("\nSubcommands:")), R"(\n  ([a-z][a-z-]*) )");
}

Words all_flags() {
  auto flags = flags_in(help_of({}));
  for (const auto& command : commands()) flags.merge(flags_in(help_of({command.c_str()})));
  return flags;
}

std::string manual() {
  return std::regex_replace(source_text("packaging/rolecall.1"), std::regex(R"(\\-)"), "-");
}

TEST(Manual, FindsCommandsAndFlagsInTheHelp) {
  EXPECT_TRUE(commands().contains("enable-rbac"));
  EXPECT_TRUE(all_flags().contains("--dry-run"));
  EXPECT_TRUE(all_flags().contains("--poll-only"));
  EXPECT_FALSE(all_flags().contains("--none"));
}

TEST(Manual, HasEveryCommand) {
  const auto text = manual();
  const auto section = text.substr(text.find(".SH COMMANDS"), text.find(".SH OPTIONS"));
  const auto told = found(section, R"(\n\.[BRIT]+ "?([a-z][a-z-]*))");
  for (const auto& command : commands()) EXPECT_TRUE(told.contains(command)) << command;
}

TEST(Manual, HasEveryFlagAndNoOther) {
  EXPECT_EQ(found(manual(), R"((--[a-z][a-z-]*))"), all_flags());
}

TEST(Manual, HasEveryVariableAndNoOther) {
  Words variables;
  for (const auto& setting : settings()) {
    variables.emplace(setting.variable);
    if (setting.kind == SettingKind::secret)
      variables.insert(std::string(setting.variable) + "_FILE");
  }
  EXPECT_EQ(found(manual(), R"(\b((?:ROLECALL|WORKOS|DATABASE)_[A-Z_]+)\b)"), variables);
}

TEST(Manual, OfTheSettingsExampleHasAllThatAreNoSecrets) {
  Words variables;
  for (const auto& setting : settings())
    if (setting.kind != SettingKind::secret)
      variables.insert(std::string(setting.variable) + "=" + std::string(setting.fallback));
  EXPECT_EQ(found("\n" + source_text("packaging/rolecall.env"), R"(\n#([A-Z_]+=\S*))").size(),
            variables.size());
  // Each with its default; a log for a journal is JSON.
  variables.erase("ROLECALL_LOG=text");
  variables.insert("ROLECALL_LOG=json");
  EXPECT_EQ(found("\n" + source_text("packaging/rolecall.env"), R"(\n#([A-Z_]+=\S*))"), variables);
}

TEST(Completion, KnowsEveryCommandAndEveryFlagAndNoOther) {
  const auto text = source_text("packaging/rolecall.bash");
  const auto list = found(text, R"(commands='([^']*)')");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(found(' ' + *list.begin() + ' ', R"( ([a-z-]+)(?= ))"), commands());
  EXPECT_EQ(found(text, R"((--[a-z][a-z-]*)(?![a-z*-]))"), all_flags());
}

}  // namespace
}  // namespace rolecall
