// call_line.hpp -- those who want to call WorkOS under one rate class, and whose turn it is.
// Owns:    the line, and the tokens that this worker holds.
// Thread:  the engine's executor.
// Fails:   never; a block of tokens that did not come is asked for again after a pause.
// Never:   waits, reads a clock, or lets two call in one moment that tokens keep apart.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "outbox/core/rate.hpp"
#include "worker/core/limits.hpp"
#include "worker/core/pacing.hpp"

namespace rolecall {

class CallLine {
 public:
  using Ticket = std::uint64_t;

  explicit CallLine(const Limits& limits);

  // The lower the priority's number, the sooner; first come, first served within one.
  Ticket join(int priority);
  // Out of the line, also after its turn came.
  void leave(Ticket ticket);

  struct Next {
    std::vector<Ticket> turns{};          // may call now; out of the line
    int ask = 0;                          // so many tokens; granted() or failed() must follow
    std::optional<Instant> look_again{};  // if nothing happens before
  };
  Next next(Instant now);

  void granted(Instant now, const TokenBlock& block);
  void failed(Instant now, double fraction);
  // WorkOS refused a call: nobody calls before the pause is over, and no token from before counts.
  void throttled(Instant now, Millis pause);

  bool idle() const { return line_.empty(); }

 private:
  const Millis late_;
  RetryPace pace_;
  std::set<std::pair<int, Ticket>> line_{};
  std::deque<Instant> tokens_{};  // when each may be used
  Instant quiet_until_{Instant::min()};
  Instant ask_after_{Instant::min()};
  bool asked_ = false;
  bool void_ = false;  // what was asked for before a refusal does not count
  Ticket last_ = 0;
};

}  // namespace rolecall
