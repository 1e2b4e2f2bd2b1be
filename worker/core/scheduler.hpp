// scheduler.hpp -- what does the worker do next? The pure half of the dispatcher.
// Owns:    what is due, when each chore was last done, and how near to sleep the worker is.
// Thread:  the engine's executor.
// Fails:   never; what failed comes back through failed() and is due again after a pause.
// Never:   waits, calls, reads a clock, or draws chance.
#pragma once

#include <optional>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "worker/core/limits.hpp"
#include "worker/core/pacing.hpp"

namespace rolecall {

// take_in to end_sleep are calls of the store, most by the same name (look is next_due).
enum class Step {
  check_session,
  take_in,
  lease,
  wake,
  rescue,
  reduce,
  read,
  maintain,
  look,
  idle_look,  // look, together with wake, rescue and maintain
  begin_sleep,
  end_sleep,
  wait,
  finish,
};

struct Action {
  Step step = Step::wait;
  int limit = 0;          // take_in, lease, wake, reduce, read, idle_look: rows at most
  Instant until{};        // wait: unless something happens
  bool maintain = false;  // idle_look: with upkeep
};

// What the coroutines know at this moment.
struct Situation {
  Instant now{};
  bool draining = false;
  bool session_open = false;
  bool session_young = false;  // a lease may be taken under it
  int deliveries = 0;          // in flight
  int unsettled = 0;           // results that the store has not recorded yet
  int reads = 0;               // in flight
};

class Scheduler {
 public:
  Scheduler(const Limits& limits, Instant now);

  Action next(const Situation& situation);

  // What came of the last action. Each also takes note of what it makes due.
  void took_in(Instant now, int rows, int limit);
  void leased(Instant now, const LeaseBatch& batch, int limit);
  void woke(Instant now, int rows, int limit);
  void rescued(Instant now, const RescueReport& report);
  void reduced(Instant now, int subjects, int limit, bool next_rows);
  void took_reads(Instant now, int rows, int limit);
  void maintained(Instant now);
  void looked(Instant now, const NextDue& found);
  void idle_looked(Instant now, const IdleLook& found, const Action& asked);
  void sleep_begun(Instant now, bool granted);
  void sleep_ended(Instant now);
  void session_checked(Instant now);
  void failed(Step step, Instant now, double fraction);

  // What happened meanwhile.
  void notified(Instant now);
  void settled(Instant now, std::optional<Millis> due_again);  // the earliest of the batch's delays
  void facts_recorded();
  void provider_is(Instant now, ProviderMode mode);

  // Nothing is due: the worker sleeps (with the sleep lock or without), until it is woken.
  bool sleeping() const { return sleep_ == Sleep::locked || sleep_ == Sleep::unlocked; }

 private:
  struct Chore {
    RetryPace pace;
    bool due = true;
    Instant at{Instant::min()};             // its rhythm
    Instant blocked_until{Instant::min()};  // after a failure
    Instant done_at{};
    bool blocked(Instant now) const { return now < blocked_until; }
    bool ready(Instant now) const { return due && now >= at && !blocked(now); }
  };
  // awake -> armed (the lock is ours, look once more) -> locked
  //       -> refused (look every 20 ms, at most a second) -> unlocked
  enum class Sleep { awake, armed, refused, locked, unlocked };

  Chore& chore(Step step) { return chores_[static_cast<std::size_t>(step)]; }
  Chore& done(Step step, Instant now);
  bool holds_sleep_lock() const { return sleep_ == Sleep::armed || sleep_ == Sleep::locked; }
  int free_places(const Situation& s) const;
  int reduce_limit() const;
  bool enqueuers_are_busy(const Action& next, Instant now) const;
  Millis idle_or(Millis period) const;
  std::optional<Action> timed_chore(const Situation& s);
  std::optional<Action> work(const Situation& s);
  std::optional<Action> lease(const Situation& s);
  std::optional<Action> read(const Situation& s);
  bool reads_starve(Instant now) const;
  std::optional<Action> prove_session(const Situation& s);
  bool idles(const Situation& s);
  Action look(const Situation& s);
  Action rest(const Situation& s);
  Action wait(const Situation& s);
  void progress(Instant now);
  void all_due();

  Limits limits_;
  std::vector<Chore> chores_;  // by Step
  ProviderMode provider_ = ProviderMode::up;
  bool others_hold_leases_ = true;  // until a look says otherwise
  bool probe_out_ = false;
  int intake_rounds_ = 0;
  bool reducer_behind_ = false;  // the last batch was full
  bool stirred_ = false;         // something was done or heard since the last look
  Instant rows_taken_in_;
  Instant last_read_;
  Instant lease_pause_until_;
  Sleep sleep_ = Sleep::awake;
  std::optional<Instant> refused_since_{};
  Instant idle_until_;  // the last look saw work that nobody could take: not again before
  int barren_looks_ = 0;
};

}  // namespace rolecall
