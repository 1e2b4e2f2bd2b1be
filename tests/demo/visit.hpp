// visit.hpp -- traffic for a database, workers and an emulator that run already (compose.yaml).
// Owns:    nothing but the traffic while it runs.
// Thread:  main's; blocks.
// Fails:   answers the exit code: 1 both sides differ, 2 bad usage, 3 something is out of reach.
// Never:   starts, stops or disturbs a service.
#pragma once

namespace rolecall::demo {

// `rolecall-demo traffic ...`: rounds of mutations; after each, waits until all is confirmed and
// compares both sides in full.
int visit(int argc, char** argv);

}  // namespace rolecall::demo
