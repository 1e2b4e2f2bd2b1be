// program.hpp -- workos-emulator from its arguments to its exit code.
// Owns:    a server while it runs.
// Thread:  call from the only thread; blocks SIGTERM and SIGINT for good.
// Fails:   2 for bad usage and for a port in use, with the reason on stderr.
// Never:   ends by itself: SIGTERM or SIGINT ends it with 0.
#pragma once

namespace rolecall::emulator {

int run_program(int argc, const char* const* argv);

}  // namespace rolecall::emulator
