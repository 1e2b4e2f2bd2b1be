// connection_string.hpp -- DATABASE_URL as libpq reads it, completed with what the worker needs.
// Owns:    its text, the password among it.
// Thread:  values; share freely.
// Fails:   bad_input when libpq cannot read it; the answer does not repeat the text.
// Never:   overrides what the given string says.
#pragma once

#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"
#include "outbox/core/time.hpp"

namespace rolecall {

struct ConnectionSettings {
  Millis statement_timeout{0};  // 0: as the server has it
  // A transaction pooler refuses start-up options; then the timeout must be the role's own.
  bool through_pooler = false;
};

class ConnectionString {
 public:
  // Any libpq form: a URL or keyword=value pairs. Empty parts come from PGHOST and the like. Where
  // several servers are named, the one that takes writes is meant, unless target_session_attrs says
  // otherwise.
  static Result<ConnectionString> parse(const std::string& text, ConnectionSettings settings);

  const std::string& text() const { return text_; }
  // The same words without the password.
  std::string without_password(std::string_view message) const;

 private:
  std::string text_;
  std::string password_;
};

}  // namespace rolecall
