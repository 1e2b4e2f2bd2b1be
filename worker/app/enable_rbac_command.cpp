#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/statement.hpp"

namespace rolecall {

int enable_rbac_command(const Config& config, const Command& command, const Console& console) {
  auto database = open_database(config);
  if (!database) return complain(console, database.error());
  const auto rows = database->run(statement("enable_rbac"), {command.organization});
  if (!rows) return complain(console, rows.error());
  console.out << command.organization << ": " << rows->text(0, "answer") << '\n';
  return exit_code::done;
}

}  // namespace rolecall
