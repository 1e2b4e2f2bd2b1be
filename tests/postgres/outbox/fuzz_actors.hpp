// fuzz_actors.hpp -- those who act on the outbox at once in the fuzz, each on connections of its
// own.
// Owns:    nothing beyond a run: each function is one thread's whole life.
// Thread:  one per actor.
// Fails:   what a statement answers is counted, or noted as a violation in the ledger.
// Never:   lets an exception out.
#pragma once

#include "tests/postgres/outbox/fuzz_ledger.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall::testing {

struct Arena {
  const TestDatabase& database;
  Ledger& ledger;
  // In a run through a pooler: each kind's own login, whose settings are what others SET.
  std::map<std::string, TestDatabase::TcpAddress> logins{};
};

constexpr int kFuzzSubjects = 10;
std::string fuzz_subject(int n);

// Changes subjects in transactions of every isolation level, with savepoints, rollbacks and long
// pauses.
void run_application(Arena arena, std::uint64_t seed);
// Takes in, leases, sends, settles, wakes, rescues and reduces; crashes, and comes back as a
// zombie.
void run_worker(Arena arena, std::uint64_t seed);
// Retries, holds, releases, cancels, sets times by hand, and leaves transactions open.
void run_operator(Arena arena, std::uint64_t seed);
// Ends server processes of applications and workers.
void run_killer(Arena arena, std::uint64_t seed);

}  // namespace rolecall::testing
