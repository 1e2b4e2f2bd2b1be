// transaction.hpp -- one transaction, tried again where another one was quicker.
// Owns:    the transaction while `work` runs.
// Thread:  the connection's.
// Fails:   throws what `work` or the commit throws; after `attempts` tries the last conflict.
// Never:   repeats a commit whose fate is unknown (pqxx::in_doubt_error), or any other error.
#pragma once

#include <algorithm>
#include <chrono>
#include <pqxx/pqxx>
#include <random>
#include <thread>

namespace rolecall::client {
namespace detail {

// Up to 10, 20, 40... and 200 ms: those that met once do not meet again.
inline void pause_after(int attempt) {
  thread_local std::minstd_rand chance{std::random_device{}()};
  std::uniform_int_distribution<> up_to(0, std::min(5 << std::min(attempt, 6), 200));
  std::this_thread::sleep_for(std::chrono::milliseconds(up_to(chance)));
}

}  // namespace detail

// Runs `work(pqxx::work&)` and commits. On 40001 and 40P01 all of it is rolled back and, after a
// short pause of random length, run again, so `work` does nothing outside the transaction; at most
// `attempts` times in all.
template <class Work>
void in_transaction(pqxx::connection& connection, Work&& work, int attempts = 10) {
  for (int attempt = 1;; ++attempt) try {
      pqxx::work transaction(connection);
      work(transaction);
      transaction.commit();
      return;
    } catch (const pqxx::serialization_failure&) {
      if (attempt >= attempts) throw;
      detail::pause_after(attempt);
    } catch (const pqxx::deadlock_detected&) {
      if (attempt >= attempts) throw;
      detail::pause_after(attempt);
    }
}

}  // namespace rolecall::client
