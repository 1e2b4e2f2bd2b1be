// commands.hpp -- what each command does, but `run`: ask, print, answer an exit code.
// Owns:    its database connection while it works.
// Thread:  main's; blocks.
// Fails:   says so on the console and answers the exit code.
// Never:   leaves work half done: each change is one statement or one migration.
#pragma once

#include "outbox/pg/query.hpp"
#include "worker/app/command_line.hpp"
#include "worker/app/config.hpp"
#include "worker/app/console.hpp"

namespace rolecall {

// A connection to a database that is migrated, and not further than this program may run on.
Result<Database> open_database(const Config& config);

int migrate_command(const Config& config, const Command& command, const Console& console);
int status_command(const Config& config, const Command& command, const Console& console);
int preflight_command(const Config& config, const Command& command, const Console& console);
int enable_rbac_command(const Config& config, const Command& command, const Console& console);
int sync_roles_command(const Config& config, const Console& console);
int explain_command(const Config& config, const Command& command, const Console& console);
int adopt_command(const Config& config, const Command& command, const Console& console);
int reconcile_command(const Config& config, const Command& command, const Console& console);
int retry_command(const Config& config, const Command& command, const Console& console);

}  // namespace rolecall
