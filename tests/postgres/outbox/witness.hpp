// witness.hpp -- a connection that sees what the server tells beside its answers: notices and
// notifications.
// Owns:    one libpq connection.
// Thread:  one.
// Fails:   throws with the server's message.
// Never:   waits for a notification; it looks whether one is there.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace rolecall::testing {

class Witness {
 public:
  explicit Witness(const std::string& url);

  void run(const std::string& sql);
  // Runs it and answers the plans of every statement in it, also inside functions, as they were
  // executed.
  std::string plans_of(const std::string& sql);
  // Whether a notification has come since the last look.
  bool was_notified();

 private:
  static void on_notice(void* witness, const char* message);
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string notices_;
};

}  // namespace rolecall::testing
