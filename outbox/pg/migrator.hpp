// migrator.hpp -- brings a database to this program's schema, and tells whether it is there.
// Owns:    nothing between calls.
// Thread:  any; blocks. Two processes at once take turns (advisory lock 7070).
// Fails:   Result<T>: bad_input with what to do, unavailable, or the SQLSTATE of what failed.
// Never:   goes back, or touches a database that a newer program has migrated further.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "outbox/core/failure.hpp"

namespace rolecall {

struct MigrationReport {
  std::vector<std::string>
      applied{};    // "0001_mirror", "functions 12": in order; dry run: what would be
  int version = 0;  // of the database, after
  bool nothing_to_do = false;
};

// Numbered migrations, each in its own transaction; then, in one transaction, all functions and
// views if the text of one changed. `progress` is told each step as it begins.
Result<MigrationReport> migrate(const std::string& database_url, bool dry_run,
                                std::function<void(const std::string&)> progress);

// May this program run on this database? If not, the failure says what to do.
Result<void> check_schema(const std::string& database_url);

// Negative, 0 or positive as `left` is older than, equal to or newer than `right`; "0.10" is newer
// than "0.9".
int compare_versions(const std::string& left, const std::string& right);

}  // namespace rolecall
