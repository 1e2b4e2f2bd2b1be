#include "worker/core/scheduler.hpp"

#include <algorithm>

namespace rolecall {
namespace {

constexpr std::size_t kChores = static_cast<std::size_t>(Step::end_sleep) + 1;

bool lets_calls_through(ProviderMode mode) {
  return mode == ProviderMode::up || mode == ProviderMode::probing;
}

}  // namespace

Scheduler::Scheduler(const Limits& limits, Instant now)
    : limits_(limits),
      chores_(kChores, Chore{RetryPace{Millis{limits.store_retry_first_ms},
                                       Millis{limits.store_retry_last_ms}}}),
      rows_taken_in_(now - Millis{limits.poll_ms}),
      last_read_(now),
      lease_pause_until_(now),
      idle_until_(now) {
  for (Chore& c : chores_) c.done_at = now;
  chore(Step::look).at = now + Millis{limits.poll_ms};
  chore(Step::maintain).at = now + Millis{limits.poll_ms};
}

Action Scheduler::next(const Situation& s) {
  if (s.draining) {
    if (s.deliveries + s.unsettled + s.reads == 0) return {Step::finish};
    return {Step::wait, 0, s.now + Millis{limits_.poll_ms}};
  }
  if (!s.session_open) {
    sleep_ = Sleep::awake;  // the sleep lock went with the session
    return {Step::wait, 0, s.now + Millis{limits_.poll_ms}};
  }
  if (const auto chore_now = timed_chore(s)) return *chore_now;
  if (const auto work_now = work(s)) {
    if (enqueuers_are_busy(*work_now, s.now)) return {Step::end_sleep};
    return *work_now;
  }
  if (chore(Step::look).ready(s.now)) return look(s);
  return rest(s);
}

std::optional<Action> Scheduler::timed_chore(const Situation& s) {
  if (chore(Step::look).ready(s.now) && idles(s)) return look(s);
  if (chore(Step::rescue).ready(s.now)) return Action{Step::rescue};
  if (chore(Step::wake).ready(s.now)) return Action{Step::wake, limits_.wake_batch};
  if (chore(Step::maintain).ready(s.now)) return Action{Step::maintain};
  // Work without an end must not hide for ever that another worker died.
  const Chore& last = chore(Step::look);
  if (last.ready(s.now) && s.now - last.done_at >= 2 * Millis{limits_.poll_ms}) return look(s);
  return std::nullopt;
}

std::optional<Action> Scheduler::work(const Situation& s) {
  const auto lease_now = lease(s);
  const bool lease_first = lease_now && intake_rounds_ >= limits_.intake_rounds;
  if (chore(Step::take_in).ready(s.now) && !lease_first)
    return Action{Step::take_in, limits_.intake_batch};
  // Where the budget is the limit, every place that comes free would go to a lease.
  if (lease_now && reads_starve(s.now))
    if (const auto read_now = read(s)) return read_now;
  if (lease_now) return lease_now;
  if (chore(Step::reduce).ready(s.now)) return Action{Step::reduce, reduce_limit()};
  return read(s);
}

// Our sleep lock makes each of them notify. A row now and then is done with the lock in hand; where
// rows were taken in a moment ago and more are due, it is given back first.
bool Scheduler::enqueuers_are_busy(const Action& next, Instant now) const {
  return holds_sleep_lock() && next.step == Step::take_in &&
         now - rows_taken_in_ < Millis{limits_.sleep_refused_ms};
}

int Scheduler::reduce_limit() const {
  if (chores_[static_cast<std::size_t>(Step::lease)].due)
    return std::min(limits_.reduce_batch, limits_.reduce_batch_busy);
  return reducer_behind_ ? 2 * limits_.reduce_batch : limits_.reduce_batch;
}

int Scheduler::free_places(const Situation& s) const {
  const int places = limits_.concurrency - s.deliveries - s.reads;
  // While results cannot be recorded, no more is leased than could be settled at once.
  const int backlog = limits_.concurrency + limits_.settle_batch - s.deliveries - s.unsettled;
  return std::min(places, backlog);
}

std::optional<Action> Scheduler::lease(const Situation& s) {
  if (!chore(Step::lease).ready(s.now) || probe_out_) return std::nullopt;
  const int free = free_places(s);
  if (free < 1) return std::nullopt;
  // Few places at a time would cost a statement each; stalled calls must not stop us either.
  if (free * 4 < limits_.concurrency && s.now < lease_pause_until_) return std::nullopt;
  if (!s.session_young) return prove_session(s);
  const int limit = provider_ == ProviderMode::probing ? 1 : std::min(free, limits_.lease_batch);
  return Action{Step::lease, limit};
}

bool Scheduler::reads_starve(Instant now) const {
  return now - last_read_ >= Millis{limits_.read_starved_ms};
}

std::optional<Action> Scheduler::prove_session(const Situation& s) {
  if (!chore(Step::check_session).ready(s.now)) return std::nullopt;
  return Action{Step::check_session};
}

std::optional<Action> Scheduler::read(const Situation& s) {
  if (!chore(Step::read).ready(s.now) || probe_out_) return std::nullopt;
  if (provider_ == ProviderMode::paused) return std::nullopt;
  const bool lease_waits = chore(Step::lease).ready(s.now);
  if (lease_waits && !reads_starve(s.now)) return std::nullopt;
  const int places = std::max(1, limits_.concurrency / (lease_waits ? 16 : 4)) - s.reads;
  int limit = std::min(places, free_places(s));
  // With nothing to deliver only a read can find out that WorkOS is back: one, as a probe.
  if (provider_ != ProviderMode::up) limit = s.reads + s.deliveries > 0 ? 0 : std::min(limit, 1);
  if (limit < 1) return std::nullopt;
  if (!s.session_young) return prove_session(s);
  return Action{Step::read, limit};
}

bool Scheduler::idles(const Situation& s) {
  return sleeping() && !others_hold_leases_ && chore(Step::idle_look).ready(s.now);
}

// One statement a second while nothing is due; the chores by the clock go with it. Should it fail,
// each is done by itself for a while, so that none hides the others.
Action Scheduler::look(const Situation& s) {
  if (!idles(s)) return {Step::look};
  Chore upkeep = chore(Step::maintain);
  upkeep.at -= Millis{limits_.poll_ms};  // rather early than in a statement of its own
  return {Step::idle_look, limits_.wake_batch, {}, upkeep.ready(s.now)};
}

Action Scheduler::rest(const Situation& s) {
  // Something is due and has no place: nobody needs to wake us for more.
  if (chore(Step::lease).ready(s.now)) return wait(s);
  if (sleep_ == Sleep::awake && chore(Step::begin_sleep).ready(s.now)) return {Step::begin_sleep};
  // What was done has made other things due, sooner perhaps than the last look knew.
  if (sleeping() && stirred_ && !chore(Step::look).blocked(s.now)) return {Step::look};
  return wait(s);
}

Action Scheduler::wait(const Situation& s) {
  Instant until = s.now + Millis{limits_.poll_ms};
  const auto consider = [&](Instant at) {
    if (at > s.now) until = std::min(until, at);
  };
  for (const Chore& c : chores_)
    if (c.due) consider(std::max(c.at, c.blocked_until));
  if (chore(Step::lease).due) consider(lease_pause_until_);
  if (chore(Step::read).due) consider(last_read_ + Millis{limits_.read_starved_ms});
  return {Step::wait, 0, until};
}

Scheduler::Chore& Scheduler::done(Step step, Instant now) {
  Chore& c = chore(step);
  c.pace.succeeded();
  c.done_at = now;
  return c;
}

Millis Scheduler::idle_or(Millis period) const {
  return sleeping() && !others_hold_leases_ ? Millis{limits_.idle_chore_ms} : period;
}

void Scheduler::progress(Instant now) {
  stirred_ = true;
  barren_looks_ = 0;
  idle_until_ = now;
  refused_since_.reset();
  if (sleep_ == Sleep::unlocked) sleep_ = Sleep::awake;
  Chore& wake = chore(Step::wake);
  wake.at = std::min(wake.at, now + Millis{limits_.poll_ms});
}

void Scheduler::all_due() {
  for (const Step step : {Step::take_in, Step::lease, Step::reduce, Step::read})
    chore(step).due = true;
}

void Scheduler::took_in(Instant now, int rows, int limit) {
  Chore& c = done(Step::take_in, now);
  c.due = rows >= limit;
  intake_rounds_ = c.due ? intake_rounds_ + 1 : 0;
  if (rows < 1) return;
  rows_taken_in_ = now;
  chore(Step::lease).due = true;
  chore(Step::read).due = true;  // a login may have asked
  progress(now);
}

void Scheduler::leased(Instant now, const LeaseBatch& batch, int limit) {
  Chore& c = done(Step::lease, now);
  const int rows = static_cast<int>(batch.leases.size());
  provider_is(now, batch.provider);
  c.due = rows >= limit;
  intake_rounds_ = 0;
  lease_pause_until_ = now + Millis{limits_.lease_pause_ms};
  if (rows > 0) progress(now);
  if (batch.provider == ProviderMode::up) return;
  if (batch.provider == ProviderMode::probing && rows > 0) {
    probe_out_ = true;  // one at a time: its result decides
    return;
  }
  c.due = true;
  c.at = now + (batch.next_probe > Millis{0} ? batch.next_probe : Millis{limits_.poll_ms});
}

void Scheduler::woke(Instant now, int rows, int limit) {
  Chore& c = done(Step::wake, now);
  c.at = rows >= limit ? now : now + idle_or(Millis{limits_.poll_ms});
  if (rows < 1) return;
  chore(Step::lease).due = true;
  progress(now);
}

void Scheduler::rescued(Instant now, const RescueReport& report) {
  others_hold_leases_ = report.others_hold_leases;
  done(Step::rescue, now).at =
      now + Millis{others_hold_leases_ ? limits_.rescue_ms : limits_.idle_chore_ms};
  if (report.lanes_freed < 1) return;
  chore(Step::lease).due = true;
  progress(now);
}

void Scheduler::reduced(Instant now, int subjects, int limit, bool next_rows) {
  reducer_behind_ = subjects >= limit;
  done(Step::reduce, now).due = reducer_behind_;
  if (next_rows) chore(Step::take_in).due = true;
  if (subjects < 1) return;
  chore(Step::lease).due = true;  // a lane that waited for a look
  chore(Step::read).due = true;
  progress(now);
}

void Scheduler::took_reads(Instant now, int rows, int limit) {
  done(Step::read, now).due = rows >= limit;
  last_read_ = now;
  if (rows > 0) progress(now);
}

void Scheduler::maintained(Instant now) {
  done(Step::maintain, now).at = now + Millis{limits_.maintain_ms};
}

void Scheduler::looked(Instant now, const NextDue& found) {
  Chore& look = done(Step::look, now);
  stirred_ = false;
  provider_is(now, found.provider);
  if (found.others_hold_leases && !others_hold_leases_) chore(Step::rescue).at = now;
  others_hold_leases_ = found.others_hold_leases;
  look.at = now + Millis{limits_.poll_ms};
  if (found.work_now) {
    const bool believed = now >= idle_until_;
    if (believed) {
      // What nobody can take (a kind of a newer program, a lane that an operator has locked) must
      // not keep us looking: each such look in a row waits longer.
      const Millis pause{limits_.sleep_refused_ms << std::min(barren_looks_, 10)};
      idle_until_ = now + std::min(pause, Millis{limits_.poll_ms});
      ++barren_looks_;
    }
    // The first look under the lock: among it may be what was committed without a word just before.
    if (found.only_reads)
      chore(Step::read).due = true;
    else if (believed || sleep_ == Sleep::armed)
      all_due();
    look.at = std::min(look.at, idle_until_);
  } else if (found.next_due) {
    look.at = std::min(look.at, now + std::max(*found.next_due, Millis{1}));
  }
  if (sleep_ == Sleep::armed) sleep_ = Sleep::locked;
  if (sleep_ == Sleep::refused || sleep_ == Sleep::unlocked) sleep_ = Sleep::awake;
}

void Scheduler::idle_looked(Instant now, const IdleLook& found, const Action& asked) {
  done(Step::idle_look, now);
  rescued(now, found.rescue);
  woke(now, found.woken, asked.limit);
  if (asked.maintain) maintained(now);
  looked(now, found.next);
}

void Scheduler::sleep_begun(Instant now, bool granted) {
  done(Step::begin_sleep, now);
  Chore& look = chore(Step::look);
  if (granted) {
    sleep_ = Sleep::armed;
    refused_since_.reset();
    look.at = now;
    return;
  }
  if (!refused_since_) refused_since_ = now;
  if (now - *refused_since_ < Millis{limits_.sleep_refused_total_ms}) {
    sleep_ = Sleep::refused;
    look.at = now + Millis{limits_.sleep_refused_ms};
  } else {
    sleep_ = Sleep::unlocked;
  }
}

void Scheduler::sleep_ended(Instant now) {
  done(Step::end_sleep, now);
  sleep_ = Sleep::awake;
}

void Scheduler::session_checked(Instant now) {
  done(Step::check_session, now);
}

void Scheduler::failed(Step step, Instant now, double fraction) {
  Chore& c = chore(step);
  c.blocked_until = c.pace.failed(now, fraction);
  // Whether we still hold the lock is not known; an enqueuer that notifies in vain costs little.
  if (step == Step::end_sleep) sleep_ = Sleep::awake;
}

void Scheduler::notified(Instant now) {
  chore(Step::take_in).due = true;
  // Somebody may have resumed a provider whose probe was waited for: asked again, once a second.
  Chore& lease = chore(Step::lease);
  lease.due = true;
  lease.at = std::min(lease.at, std::max(now, lease.done_at + Millis{limits_.poll_ms}));
  progress(now);
}

void Scheduler::settled(Instant now, std::optional<Millis> due_again) {
  progress(now);
  probe_out_ = false;
  const Millis pause{limits_.chore_pause_ms};
  Chore& wake = chore(Step::wake);
  wake.at = std::min(wake.at, std::max(now, wake.done_at + pause));
  Chore& reduce = chore(Step::reduce);
  if (!reduce.due) reduce.at = std::max(now, reduce.done_at + pause);
  reduce.due = true;
  if (!due_again) return;
  if (*due_again <= Millis{0}) chore(Step::lease).due = true;
  Chore& look = chore(Step::look);
  look.at = std::min(look.at, now + std::max(*due_again, Millis{1}));
}

void Scheduler::facts_recorded() {
  chore(Step::reduce).due = true;
}

void Scheduler::provider_is(Instant now, ProviderMode mode) {
  if (mode == provider_) return;
  const bool opened = lets_calls_through(mode) && !lets_calls_through(provider_);
  provider_ = mode;
  probe_out_ = false;
  if (!opened && mode != ProviderMode::up) return;
  chore(Step::lease).due = true;
  chore(Step::lease).at = now;
  chore(Step::read).due = true;
}

}  // namespace rolecall
