// session_watch.hpp -- is our database session alive, and what must be asked next? A pure machine.
// Owns:    the session's id and when it was last proved alive.
// Thread:  the engine's executor.
// Fails:   never; answers come in through its functions.
// Never:   trusts the moment of an answer: proved is that the session lived when it was asked.
#pragma once

#include <optional>

#include "outbox/core/ids.hpp"
#include "outbox/core/time.hpp"
#include "worker/core/limits.hpp"
#include "worker/core/pacing.hpp"

namespace rolecall {

class SessionWatch {
 public:
  explicit SessionWatch(const Limits& limits);

  enum class Step { open, verify, give_up, wait };
  struct Next {
    Step step = Step::wait;
    Instant until{};
  };
  // `busy`: leases are held or about to be.
  Next next(Instant now, bool busy) const;

  void opened(WorkerId worker, Instant asked_at);
  void open_failed(Instant now, double fraction);
  void asked(Instant now);  // a verification is on its way
  // Answers false if this shows that the session is over.
  bool verified(WorkerId worker, Instant asked_at, bool alive);
  // Unproved for too long, or over: nothing is sent under it any more.
  void lose();

  std::optional<WorkerId> worker() const { return worker_; }
  // May something be sent under this session?
  bool good(WorkerId worker, Instant now) const;
  // May a lease be taken under it?
  bool young(Instant now) const;

 private:
  Limits limits_;
  std::optional<WorkerId> worker_{};
  Instant proved_at_{};
  Instant last_asked_{};
  std::optional<Instant> unproved_since_{};  // asked, and not yet answered well
  Instant open_at_{};                        // not before
  RetryPace open_pace_;
};

}  // namespace rolecall
