#include "worker/app/program.hpp"

#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/run.hpp"

namespace rolecall {

int run_program(const Command& command, const Environment& environment, const Console& console) {
  const bool calls_workos = command.verb == Verb::run || command.verb == Verb::sync_roles ||
                            command.verb == Verb::preflight || command.verb == Verb::reconcile ||
                            command.verb == Verb::adopt;
  const auto loaded = load_config(command.settings, environment,
                                  calls_workos ? Needs::database_and_workos : Needs::database);
  for (const auto& problem : loaded.problems) console.err << "rolecall: " << problem << '\n';
  if (!loaded.problems.empty()) return exit_code::bad_usage;
  switch (command.verb) {
    case Verb::migrate:
      return migrate_command(loaded.config, command, console);
    case Verb::run:
      return run_command(loaded.config, environment("NOTIFY_SOCKET").value_or(""), console);
    case Verb::status:
      return status_command(loaded.config, command, console);
    case Verb::preflight:
      return preflight_command(loaded.config, command, console);
    case Verb::enable_rbac:
      return enable_rbac_command(loaded.config, command, console);
    case Verb::sync_roles:
      return sync_roles_command(loaded.config, console);
    case Verb::explain:
      return explain_command(loaded.config, command, console);
    case Verb::retry:
      return retry_command(loaded.config, command, console);
    case Verb::reconcile:
      return reconcile_command(loaded.config, command, console);
    case Verb::adopt:
      return adopt_command(loaded.config, command, console);
  }
  return exit_code::bad_usage;
}

}  // namespace rolecall
