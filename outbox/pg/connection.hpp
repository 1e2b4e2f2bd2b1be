// connection.hpp -- one connection to PostgreSQL, blocking.
// Owns:    the libpqxx connection and the names of the statements prepared on it.
// Thread:  one at a time.
// Fails:   Result<T>. A connection that was lost stays lost (is_open); its owner makes another.
// Never:   reconnects by itself, repeats a statement, or waits without end: the server or TCP
//          has a timeout.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"
#include "outbox/pg/connection_string.hpp"
#include "outbox/pg/errors.hpp"
#include "outbox/pg/rows.hpp"

namespace rolecall {

class Connection {
 public:
  static Result<Connection> open(const ConnectionString& string);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // One statement of outbox/sql, by its file's name; prepared at its first use; sent as it is after
  // unprepared() (a pooler stands between).
  Result<Rows> run(std::string_view statement, Effect effect, const Params& params);
  void unprepared();

  // Any one statement with parameters.
  Result<Rows> query(const std::string& sql, Effect effect, const Params& params = {});
  // Any number of statements without parameters.
  Result<void> script(const std::string& sql);

  // Between begin and commit, a failed call means rollback. A commit without an answer is in_doubt.
  Result<void> begin();
  Result<void> commit();
  void rollback();

  bool is_open() const;
  // Reads what the server sent unasked: false when that was the end of the connection.
  bool look();
  // LISTEN rolecall_wake; and how many notifications came since the last call, be it while idle or
  // together with an answer.
  Result<void> listen();
  int take_notifications();
  int descriptor() const;  // to wait on; readable means: look()

 private:
  struct Inside;
  explicit Connection(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace rolecall
