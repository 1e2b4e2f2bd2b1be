// fuzz_line.hpp -- a connection of the fuzz, which may be ended at any moment and comes back.
// Owns:    one connection and its place in the ledger.
// Thread:  one.
// Fails:   answers are Result<Rows>; a lost connection is made anew by reconnect().
// Never:   repeats a statement.
#pragma once

#include <optional>
#include <string>

#include "tests/postgres/outbox/fuzz_actors.hpp"

namespace rolecall::testing {

class Line {
 public:
  Line(Arena arena, std::string kind, std::string settings)
      : arena_(arena), kind_(std::move(kind)), settings_(std::move(settings)) {
    reconnect();
  }
  ~Line() { arena_.ledger.disconnected(pid_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void reconnect();
  bool is_open() const { return connection_ && connection_->is_open(); }
  Result<Rows> run(const std::string& sql, const Params& params = {});
  bool script(const std::string& sql) { return !connection_->script(sql).has_error(); }

 private:
  Arena arena_;
  std::string kind_;
  std::string settings_;
  std::optional<Database> connection_;
  std::int64_t pid_ = 0;
};

}  // namespace rolecall::testing
