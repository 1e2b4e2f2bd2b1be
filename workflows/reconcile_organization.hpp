// reconcile_organization.hpp -- one thing here beside the same thing at WorkOS: do they differ, how
// did that come about, what repairs it and at what cost.
// Owns:    nothing.
// Thread:  anywhere; one pure function.
// Fails:   never: what cannot be read is a finding that says so.
// Never:   has rules of its own about who wins: it asks the reducer what it would do with the read,
//          and hands the read to it.
#pragma once

#include "worker/core/workflow.hpp"

namespace rolecall {

// The discard rules first (what moved while WorkOS was read is read again), then the class.
Judged judge(const Candidate& candidate, const CallPace& pace);

}  // namespace rolecall
