#include "worker/app/console.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace rolecall {
namespace {

class ConsoleOf : public ::testing::Test {
 protected:
  Console with(std::map<std::string, std::string> variables, bool is_terminal = true) {
    return console_of(out_, is_terminal, out_, !is_terminal,
                      [variables](const std::string& name) -> std::optional<std::string> {
                        const auto found = variables.find(name);
                        if (found == variables.end()) return std::nullopt;
                        return found->second;
                      });
  }

 private:
  std::ostringstream out_;
};

TEST_F(ConsoleOf, ATerminalShowsColours) {
  EXPECT_TRUE(with({{"TERM", "xterm"}}).colours);
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"NO_COLOR", ""}}).colours);
}

TEST_F(ConsoleOf, NothingElseDoes) {
  EXPECT_FALSE(with({{"TERM", "xterm"}}, false).colours);
  EXPECT_TRUE(with({{"TERM", "xterm"}}, false).shows_progress);
  EXPECT_FALSE(with({{"TERM", "xterm"}}).shows_progress);
  EXPECT_FALSE(with({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).colours);
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).is_terminal);
  for (const std::string kind : {"", "dumb"}) {
    EXPECT_FALSE(with({{"TERM", kind}}).colours);
    EXPECT_FALSE(with({{"TERM", kind}}).is_terminal);
  }
}

TEST_F(ConsoleOf, TheFirstLocaleThatSaysAnythingTellsTheCharacters) {
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"LANG", "en_US.UTF-8"}}).unicode);
  EXPECT_TRUE(with({{"TERM", "xterm"}, {"LC_ALL", ""}, {"LC_CTYPE", "C.utf8"}}).unicode);
  EXPECT_FALSE(with({{"TERM", "xterm"}, {"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}).unicode);
  EXPECT_FALSE(with({{"TERM", "xterm"}}).unicode);
}

}  // namespace
}  // namespace rolecall
