// query.hpp -- a plain, blocking connection for the command line and for tests.
// Owns:    one connection.
// Thread:  one at a time.
// Fails:   Result<T>; a lost connection stays lost.
// Never:   is used by the engine; that is what the pool is for.
#pragma once

#include <memory>
#include <string>

#include "outbox/core/failure.hpp"
#include "outbox/core/time.hpp"
#include "outbox/pg/rows.hpp"

namespace rolecall {

class Connection;

class Database {
 public:
  // statement_timeout 0: as the server has it.
  static Result<Database> connect(const std::string& url, Millis statement_timeout = Millis{0});
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // One statement; parameters are text or NULL, as $1, $2...
  Result<Rows> run(const std::string& sql, const Params& params = {});
  // Any number of statements, without parameters.
  Result<void> script(const std::string& sql);
  bool is_open() const;

 private:
  explicit Database(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace rolecall
