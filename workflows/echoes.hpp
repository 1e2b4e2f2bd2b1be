// echoes.hpp -- with events on: which of our answered writes the stream has shown.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   takes an answer for what is there: an edit that it overwrote is still in the stream.
#pragma once

#include "workflows/observe.hpp"

namespace rolecall {

// Answers that what is seen shows already: a write that changed nothing has no event.
void take_silent_echoes(Picture& picture);

// Answers older than what the stream shows now, by more than WorkOS's nodes may differ.
void take_echoes_before(Picture& picture, const Sighting& sighting);

// Our POST made what is shown now for the first time: it was as its answer said.
void take_creation_before(Picture& picture, const Sighting& sighting);

// The row of the decision table: this is what an answer said.
std::optional<Verdict> row_echo_of_answered(Picture& picture, const Sighting& sighting);

// An event says that something ended which is not what is there: it never comes back.
std::optional<Verdict> end_of_another(Picture& picture, const Sighting& sighting);

// An event about something that is gone: our write which made it has been applied, and is over.
void close_what_it_explains(Picture& picture, const Sighting& sighting);

}  // namespace rolecall
