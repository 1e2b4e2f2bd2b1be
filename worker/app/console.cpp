#include "worker/app/console.hpp"

#include <fmt/format.h>

#include <algorithm>
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

}  // namespace

int complain(const Console& console, const Failure& failure) {
  auto line = failure.detail.empty() ? failure.code : for_people(failure.detail);
  console.err << "rolecall: " << line << '\n';
  return exit_code::of(failure);
}

}  // namespace rolecall
