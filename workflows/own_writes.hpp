// own_writes.hpp -- which of our sends explains what a read shows.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   takes WorkOS's word for who did it; value, incarnation and time decide.
#pragma once

#include "workflows/picture.hpp"

namespace rolecall {

struct OwnWrite {
  PastSend* send = nullptr;  // none: somebody else did it, or nothing changed
  bool certain = false;      // no other open send explains it as well
};

// The open send, oldest version first, that explains the read: same operation, same incarnation,
// same value, applied within the send's window.
OwnWrite find_own_write(Picture& picture, const Sighting& sighting);

// Is `value` what the send says without roles that did not exist yet (or the default role where
// nothing else was left), while its version has not been delivered in full?
bool is_said_in_part(const Picture& picture, const PastSend& send, const State& value);

// May this send still change what is seen: open, inside its window, and addressed to what is there?
bool may_still_land(const Picture& picture, const PastSend& send, WallTime at);

// When the last of them can no longer be applied.
WallTime window_end(const Picture& picture, const PastSend& send);

}  // namespace rolecall
