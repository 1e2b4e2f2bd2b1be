// transaction.hpp -- one transaction, tried again where another one was quicker.
// Owns:    the transaction while `work` runs.
// Thread:  the connection's.
// Fails:   throws what `work` or the commit throws; after `attempts` tries the last conflict.
// Never:   repeats a commit whose fate is unknown (pqxx::in_doubt_error), or any other error.
#pragma once

#include <pqxx/pqxx>
#include <utility>

namespace rolecall::client {

// Runs `work(pqxx::work&)` and commits. On 40001 and 40P01 all of it is rolled back and run again,
// so `work` does nothing outside the transaction; at most `attempts` times in all.
template <class Work>
void in_transaction(pqxx::connection& connection, Work&& work, int attempts = 10) {
  for (int attempt = 1;; ++attempt) try {
      pqxx::work transaction(connection);
      work(transaction);
      transaction.commit();
      return;
    } catch (const pqxx::serialization_failure&) {
      if (attempt >= attempts) throw;
    } catch (const pqxx::deadlock_detected&) {
      if (attempt >= attempts) throw;
    }
}

}  // namespace rolecall::client
