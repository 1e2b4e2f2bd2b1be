// settings.hpp -- which seeds this program runs, from the environment, and how runs are told of.
// Owns:    nothing.
// Thread:  one.
// Fails:   never; what is no number is 0.
// Never:   changes a run: a seed decides everything in it.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/world.hpp"

namespace rolecall::sim {

// The environment variable's number, or the other one.
std::uint64_t setting(const char* name, std::uint64_t otherwise);

// The command that runs this seed alone and prints everything that happens in it.
std::string replay_command(std::uint64_t seed);

// How often each crash point and each fault was hit, as a table for people.
std::string table_of(const Tally& tally);

// The names of what was hit less often than `least`, one per line.
std::string rarely_hit(const Tally& tally, std::uint64_t least);

}  // namespace rolecall::sim
