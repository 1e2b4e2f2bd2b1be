// session.hpp -- the worker's session: one connection with its advisory locks, that hears NOTIFY.
// Owns:    what it knows of the session; the connection is in the Slot of its thread.
// Thread:  the session's thread, through ConnectionThreads; one object for all its jobs.
// Fails:   Result<T>. A session whose connection was lost is over: verify answers false.
// Never:   makes a second connection for a session that was lost.
#pragma once

#include <string>

#include "outbox/core/exchange.hpp"
#include "outbox/pg/connection_threads.hpp"

namespace rolecall {

// Registers the session on this connection; both kinds of session begin with it.
Result<WorkerId> register_session(Connection& connection, const SessionRequest& request,
                                  bool locks);
Result<bool> verify_on(Connection& connection, WorkerId worker);

class Session {
 public:
  explicit Session(ConnectionString string) : string_(std::move(string)) {}

  Result<WorkerId> open(Slot& slot, const SessionRequest& request);
  Result<bool> verify(Slot& slot, WorkerId worker);
  Result<void> close(Slot& slot, WorkerId worker);
  Result<bool> begin_sleep(Slot& slot, WorkerId worker);
  Result<void> end_sleep(Slot& slot, WorkerId worker);

 private:
  bool lives(Slot& slot, WorkerId worker);

  ConnectionString string_;
  WorkerId worker_{};
  bool sleeps_ = false;  // this connection holds the sleep lock
};

}  // namespace rolecall
