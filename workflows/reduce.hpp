// reduce.hpp -- a subject's facts -> its new state and, where the two sides differ, the next row.
// Owns:    nothing.
// Thread:  anywhere; one pure function.
// Fails:   Result<T>: a desired state that is no intent, or a stored fact that cannot be read.
// Never:   calls, waits, reads a clock, or forgets a fact: what it does not use stays as it was.
#pragma once

#include "outbox/core/facts.hpp"

namespace rolecall {

Result<Reduction> reduce(const SubjectFacts& facts);

}  // namespace rolecall
