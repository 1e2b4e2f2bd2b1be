#include "worker/app/statement.hpp"

#include <algorithm>
#include <cstdlib>

#include "app_statements.hpp"

namespace rolecall {

std::string statement(std::string_view name) {
  const auto files = app_statements::files();
  const auto found = std::ranges::find(files, name, &app_statements::File::name);
  if (found == files.end()) std::abort();
  return std::string(found->text);
}

}  // namespace rolecall
