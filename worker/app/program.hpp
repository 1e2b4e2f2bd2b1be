// program.hpp -- a parsed command to its exit code: load the settings that it needs, and do it.
// Owns:    nothing.
// Thread:  main's.
// Fails:   says every problem on the console and answers the exit code.
// Never:   reads the environment but through what it is given.
#pragma once

#include "worker/app/command_line.hpp"
#include "worker/app/config.hpp"
#include "worker/app/console.hpp"

namespace rolecall {

int run_program(const Command& command, const Environment& environment, const Console& console);

}  // namespace rolecall
