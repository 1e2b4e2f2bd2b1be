// snapshot.hpp -- a state as one document, in the shape that a seed has.
// Owns:    nothing.
// Thread:  one.
// Fails:   never.
// Never:   changes the state.
#pragma once

#include "tests/emulator/documents.hpp"
#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

// {"organizations":[...],"users":[...],"permissions":[...],"roles":[...],"memberships":[...]}
json::object snapshot(State& state);

}  // namespace rolecall::emulator
