#include "worker/app/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <string_view>

#include "worker/app/exit_code.hpp"

namespace rolecall {
namespace {

// PostgreSQL's message without the frame around it: "ERROR:" before, the functions' names after.
// Its hint gets a line of its own.
std::string for_people(std::string text) {
  constexpr std::string_view kPrefix = "ERROR:";
  if (text.starts_with(kPrefix)) text.erase(0, text.find_first_not_of(' ', kPrefix.size()));
  if (const auto at = text.find(" CONTEXT:"); at != std::string::npos) text.erase(at);
  constexpr std::string_view kHint = " HINT:";
  if (const auto at = text.find(kHint); at != std::string::npos) {
    const auto hint = text.find_first_not_of(' ', at + kHint.size());
    text.replace(at, std::min(hint, text.size()) - at, "\n  hint: ");
  }
  return text;
}

// The first that says anything decides, as for every program.
bool is_utf8(const Environment& environment) {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto locale = environment(name).value_or("");
    if (locale.empty()) continue;
    std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return std::tolower(c); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

Console console_of(std::ostream& out, bool out_is_terminal, std::ostream& err, bool err_is_terminal,
                   const Environment& environment) {
  const auto kind = environment("TERM").value_or("");
  const bool repaints = !kind.empty() && kind != "dumb";
  const bool moves = out_is_terminal && repaints;
  return {.out = out,
          .err = err,
          .is_terminal = moves,
          .shows_progress = err_is_terminal && repaints,
          .colours = moves && environment("NO_COLOR").value_or("").empty(),
          .unicode = moves && is_utf8(environment)};
}

std::string words_for(const Failure& failure) {
  return failure.detail.empty() ? failure.code : for_people(failure.detail);
}

int complain(const Console& console, const Failure& failure) {
  console.err << "rolecall: " << words_for(failure) << '\n';
  return exit_code::of(failure);
}

}  // namespace rolecall
