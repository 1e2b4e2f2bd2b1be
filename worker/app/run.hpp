// run.hpp -- `rolecall run`: one worker process, from its checks to its drained end.
// Owns:    everything that the process is made of, while it runs.
// Thread:  main's thread is the engine's executor; the store and the gauges have their own.
// Fails:   answers the exit code: 2 bad configuration or schema, 3 the database is out of reach.
// Never:   returns while a delivery is in flight; a second signal ends the process at once.
#pragma once

#include <string>

#include "worker/app/config.hpp"
#include "worker/app/console.hpp"

namespace rolecall {

// `notify_socket`: where a service manager is told how it goes; empty: nowhere.
int run_command(const Config& config, const std::string& notify_socket, const Console& console);

}  // namespace rolecall
