// comparison.hpp -- both sides read in full and compared: the proof at the demonstration's end.
// Owns:    nothing.
// Thread:  any; blocks.
// Fails:   throws std::runtime_error when a side cannot be read.
// Never:   trusts Rolecall's own bookkeeping: it reads the local tables and WorkOS's lists.
#pragma once

#include <string>
#include <vector>

#include "outbox/pg/query.hpp"

namespace rolecall::demo {

struct Comparison {
  int organizations = 0;
  int roles = 0;
  int members = 0;
  int assignments = 0;
  std::vector<std::string> differences{};  // one sentence each
};

Comparison compare(Database& database, const std::string& emulator, const std::string& api_key);

}  // namespace rolecall::demo
