// database_time.hpp -- what the database's clock shows, reckoned from the newest look at it.
// Owns:    the newest look.
// Thread:  read_database_time() blocks on the database; the rest is one executor's.
// Fails:   Result<T>: what the database said; a look that fails leaves the one of before.
// Never:   asks this machine's wall clock, which may be off.
#pragma once

#include "outbox/core/time.hpp"
#include "outbox/pg/query.hpp"

namespace rolecall {

class DatabaseTime {
 public:
  void looked(WallTime shown, Instant when) {
    ahead_ = shown.time_since_epoch() - when.time_since_epoch();
  }
  WallTime at(Instant now) const { return WallTime{now.time_since_epoch() + ahead_}; }

 private:
  std::chrono::microseconds ahead_{0};
};

Result<WallTime> read_database_time(Database& database);

}  // namespace rolecall
