// processor.hpp -- the processor time that programs have used: whether they or the budget are slow.
// Owns:    nothing.
// Thread:  any.
// Fails:   a process that is gone has used nothing.
// Never:   samples; it reads what the kernel counted.
#pragma once

#include <sys/types.h>

#include "tests/support/postgres.hpp"

namespace rolecall::bench {

// User and system time of one process, in seconds.
double processor_s(pid_t process);
// Of the database server that this database lives in, with all its processes.
double server_processor_s(testing::TestDatabase& database);

}  // namespace rolecall::bench
