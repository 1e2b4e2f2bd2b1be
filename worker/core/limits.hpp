// limits.hpp -- every limit of the engine in one place, and the relations that they must keep.
// Owns:    numbers.
// Thread:  values; share freely.
// Fails:   problems() names every violated relation at once.
// Never:   holds a limit that the database decides (rescue grace, visibility, send window, expiry).
#pragma once

#include <string>
#include <vector>

namespace rolecall {

struct Limits {
  // Leases and calls
  int lease_time_ms = 30'000;      // a lease's life, counted from before its statement was sent
  int call_deadline_ms = 10'000;   // one call, from connecting to the last byte of the answer
  int settle_margin_ms = 5'000;    // what the longest call must leave of a lease, for its settling
  int concurrency = 64;            // deliveries and reads in flight
  int token_late_ms = 100;         // a rate token that is used later than this would make a burst
  int throttle_pause_ms = 1'000;   // after a 429 that does not say how long
  int leases_without_result = 20;  // after so many a row is held: it brings its workers down

  // Batches, in rows
  int intake_batch = 1'000;
  int intake_rounds = 8;  // full batches in a row before a lease has its turn
  int lease_batch = 500;
  int settle_batch = 500;
  int wake_batch = 1'000;
  int reduce_batch = 100;
  int reduce_batch_busy = 25;  // while lanes are due: the next lease waits for it

  // Rhythm of the main loop
  int poll_ms = 1'000;        // the net below every wake-up
  int rescue_ms = 200;        // while another worker holds leases
  int idle_chore_ms = 5'000;  // rescue and wake of a worker that sleeps, when its look has failed
  int chore_pause_ms = 10;    // between two wakes, two reductions
  int lease_pause_ms = 5;     // between two leases that find less than a quarter of us free
  int maintain_ms = 60'000;
  int partitions_ms = 3'600'000;
  int pull_retry_first_ms = 1'000;  // a pull of events that failed
  int pull_retry_last_ms = 60'000;
  int read_starved_ms = 1'000;  // reads yield to leases, but no longer than this

  // Falling asleep while an enqueuer that decided not to notify is still open
  int sleep_refused_ms = 20;
  int sleep_refused_total_ms = 1'000;

  // The session
  int session_check_ms = 250;           // while leases are held
  int session_idle_check_ms = 300'000;  // while none is; its connection's end is heard at once
  int session_young_ms = 400;           // no lease is taken under an older proof of life
  int session_answer_ms = 500;          // nothing is sent under an older proof of life
  int session_lost_ms = 2'000;          // unproved for so long: open a new one

  // After a failure of the store
  int store_retry_first_ms = 20;
  int store_retry_last_ms = 1'000;
  int settle_busy_ms = 2;  // a row that somebody else has locked; doubles up to the next
  int settle_busy_last_ms = 50;

  // After a failure of a delivery
  int backoff_first_ms = 1'000;
  int backoff_last_ms = 21'600'000;  // 6 h
  int dependency_first_ms = 5'000;   // what it names is not there yet
  int dependency_last_ms = 60'000;

  // Drain
  int drain_ms = 10'000;
  int drain_call_ms = 1'000;  // a further call of a delivery needs this much of the budget
};

// Sentences for people, one for each relation that does not hold; empty: sound.
std::vector<std::string> problems(const Limits& limits);

}  // namespace rolecall
