// plan_reading.hpp -- what a plan, as it was executed, says of the rows that were read for it.
// Owns:    nothing.
// Thread:  any.
// Fails:   never.
// Never:   runs anything; witness.hpp does.
#pragma once

#include <string>

namespace rolecall::testing {

// Sequential scans of tables that grow, and joins that read them whole. On the others (one row, one
// row per worker) a sequential scan is right.
int sequential_reads(const std::string& plans);

// The most rows that one node of a plan read or threw away.
long most_rows(const std::string& plans);

}  // namespace rolecall::testing
