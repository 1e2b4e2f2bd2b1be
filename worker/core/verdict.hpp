// verdict.hpp -- what becomes of a delivery: its final delay, poison, and what may not be said.
// Owns:    nothing.
// Thread:  values and pure functions.
// Fails:   never.
// Never:   draws chance or reads a clock; a fraction in [0, 1) is an argument.
#pragma once

#include <optional>

#include "outbox/core/lease.hpp"
#include "worker/core/limits.hpp"

namespace rolecall {

// The settlement that the workflow asked for, under the lease's own subject, token and send, with
// its final delay: backoff joins a retry that has a failure, and never shortens what was asked.
Settlement verdict(const Lease& lease, Settlement asked, const Limits& limits, double fraction);

// A row that was leased again and again without a result takes its workers with it: it is held.
std::optional<Settlement> poisoned(const Lease& lease, const Limits& limits);

// A lease that may not be said (any more): due again at once, not counted, no fault of the row.
// After a mutating call its send stays in doubt.
Settlement given_back(const Lease& lease, bool mutated);

// The workflow broke its own rules (no machine, a second mutating call): held for a person.
Settlement broken(const Lease& lease, bool mutated, std::string code, std::string detail);

}  // namespace rolecall
