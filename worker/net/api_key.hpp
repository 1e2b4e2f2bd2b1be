// api_key.hpp -- the key that goes with each call. One that a file holds is read again, so that a
// key that was replaced, or refused and repaired, is used without a restart.
// Owns:    the key.
// Thread:  one executor.
// Fails:   bad_input: the file, or what it holds, cannot be used; the key before stays in use.
// Never:   shows the key; reads the file more than once a second.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "outbox/core/failure.hpp"
#include "outbox/core/time.hpp"
#include "worker/core/secret.hpp"

namespace rolecall {

// The text of a file without the line ends at its end. bad_input: it cannot be read, or is empty.
Result<Secret> read_secret_file(const std::string& path);

// bad_input: it holds what no key has, and what would break a header line.
Result<void> usable_key(const Secret& key);

class ApiKey {
 public:
  // Called when the file held another key, with none; with a failure when it first cannot be used.
  using Listener = std::function<void(const std::optional<Failure>&)>;

  // `file` empty, or no regular file (a pipe): the key never changes.
  ApiKey(Secret key, std::string file, Listener listener);
  const Secret& at(Instant now);

 private:
  void look();

  Secret key_;
  std::string file_;
  Listener listener_;
  std::optional<Instant> looked_at_{};
  bool unusable_ = false;  // what the last look found was told
};

}  // namespace rolecall
