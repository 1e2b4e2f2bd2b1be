// client.hpp -- one connection to PostgreSQL as an application has it, for interleavings.
// Owns:    one libpq connection.
// Thread:  one; a statement may be left waiting (begin) while others run on other clients.
// Fails:   throws std::runtime_error when the connection fails; a failed statement is an Answer.
// Never:   waits for ever: what should be blocked or done within 20 s and is not fails the test.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {

// What one statement answered.
struct Answer {
  std::string sqlstate{};  // empty: it succeeded
  std::string message{};
  std::string hint{};
  std::vector<std::vector<std::optional<std::string>>> rows{};
  std::vector<std::string> notices{};

  bool ok() const { return sqlstate.empty(); }
  // First cell of the first row; "" for NULL or no row.
  std::string value() const;
};

class Client {
 public:
  // A superuser, on a connection that keeps session state.
  explicit Client(const std::string& url);
  // As that database role, for a whole session; through the pooler in a run that goes through one.
  Client(const TestDatabase& database, const std::string& role);

  Answer run(const std::string& sql);
  // As run, and throws the message if the statement fails.
  Answer must(const std::string& sql);

  // Sends a statement; returns at once.
  void begin(const std::string& sql);
  // Until the statement that was begun waits for another session's lock.
  void wait_until_blocked();
  // The answer to the statement that was begun.
  Answer finish();

  // Until a NOTIFY arrived on the channel; false when none is there now.
  bool was_notified(const std::string& channel);

 private:
  void listen_to_notices();
  static void on_notice(void* client, const PGresult* result);

  std::string url_;   // of a superuser
  std::string name_;  // by which the server knows it, also behind a pooler
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> observer_;  // sees who waits
  std::vector<std::string> notices_{};
};

}  // namespace rolecall::testing
