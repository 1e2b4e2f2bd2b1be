// seed.hpp -- what both sides hold before the traffic begins, and the emulator's control face.
// Owns:    nothing.
// Thread:  any; blocks.
// Fails:   throws std::runtime_error with the reason.
// Never:   makes anything twice: what is there stays as it is.
#pragma once

#include <string>

#include "outbox/pg/query.hpp"
#include "tests/demo/plan.hpp"

namespace rolecall::demo {

// One request to the emulator at host:port; answers the body.
std::string control(const std::string& emulator, const std::string& method, const std::string& path,
                    const std::string& body = "");

// Organizations and users, in the database and in the emulator; and spans for who watches.
void seed(const Plan& plan, Database& database, const std::string& emulator);

// The rows, or the failure as an exception.
Rows must(Result<Rows> rows);

}  // namespace rolecall::demo
