#include "outbox/pg/session.hpp"

#include <utility>

namespace rolecall {
namespace {

std::string text_of(WorkerId worker) {
  return std::to_string(worker.number());
}

Failure lost() {
  return Failure{.kind = FailureClass::unavailable,
                 .code = "session_lost",
                 .detail = "the session's connection to the database was lost"};
}

}  // namespace

Result<WorkerId> register_session(Connection& connection, const SessionRequest& request,
                                  bool locks) {
  auto settings = connection.run("session_settings", Effect::reads, {});
  if (settings.has_error()) return settings.error();
  if (!settings->flag(0, "has_timeout"))
    return Failure{.kind = FailureClass::bad_input,
                   .code = "no_statement_timeout",
                   .detail =
                       "the database role has no statement_timeout; behind a transaction "
                       "pooler set it: ALTER ROLE ... SET statement_timeout = '5s'"};
  auto opened = connection.run("open_session", Effect::changes,
                               {locks ? "true" : "false", request.program_version, request.host,
                                std::to_string(request.process_id)});
  if (opened.has_error()) return opened.error();
  return WorkerId(opened->number(0, "worker"));
}

Result<bool> verify_on(Connection& connection, WorkerId worker) {
  auto verified = connection.run("verify_session", Effect::reads, {text_of(worker)});
  if (verified.has_error()) return verified.error();
  return verified->flag(0, "live");
}

Result<WorkerId> Session::open(Slot& slot, const SessionRequest& request) {
  // What an older session still holds goes with its connection.
  slot.connection.reset();
  worker_ = {};
  sleeps_ = false;
  auto connection = slot.ensure(string_, true);
  if (connection.has_error()) return connection.error();
  auto worker = register_session(**connection, request, true);
  if (worker.has_error()) return worker;
  auto locked = (*connection)->run("lock_session", Effect::reads, {text_of(*worker)});
  if (locked.has_error()) return locked.error();
  if (auto r = (*connection)->listen(); r.has_error()) return r.error();
  worker_ = *worker;
  return worker;
}

bool Session::lives(Slot& slot, WorkerId worker) {
  return slot.connection && slot.connection->look() && worker == worker_;
}

Result<bool> Session::verify(Slot& slot, WorkerId worker) {
  if (!lives(slot, worker)) return false;
  auto verified = verify_on(*slot.connection, worker);
  // The connection was lost in the middle of the question: the lock is gone with it.
  if (verified.has_error() && !slot.connection->is_open()) return false;
  return verified;
}

Result<void> Session::close(Slot& slot, WorkerId worker) {
  if (!lives(slot, worker)) return lost();
  auto closed = slot.connection->run("close_session", Effect::changes, {text_of(worker)});
  slot.connection.reset();
  worker_ = {};
  sleeps_ = false;
  if (closed.has_error()) return closed.error();
  return {};
}

Result<bool> Session::begin_sleep(Slot& slot, WorkerId worker) {
  if (!lives(slot, worker)) return lost();
  if (sleeps_) return true;  // advisory locks count; a second one would outlast end_sleep
  auto asked = slot.connection->run("begin_sleep", Effect::reads, {});
  if (asked.has_error()) return slot.connection->is_open() ? asked.error() : lost();
  sleeps_ = asked->flag(0, "locked");
  return sleeps_ || asked->flag(0, "another_sleeps");
}

Result<void> Session::end_sleep(Slot& slot, WorkerId worker) {
  if (!std::exchange(sleeps_, false)) return {};
  if (!lives(slot, worker)) return lost();
  auto done = slot.connection->run("end_sleep", Effect::reads, {});
  if (done.has_error()) return slot.connection->is_open() ? done.error() : lost();
  return {};
}

}  // namespace rolecall
