// first_draft.hpp -- the reducer under rules that do not converge, for canaries.
// Owns:    nothing.
// Thread:  pure function.
// Fails:   as the reducer does.
// Never:   does anything when no such defect is asked for.
#pragma once

#include "outbox/core/exchange.hpp"
#include "tests/sim/worker_tables.hpp"

namespace rolecall::sim {

Result<Reduction> reduce_with(const Defects& defects, const SubjectFacts& facts,
                              const Reducer& reducer);

}  // namespace rolecall::sim
