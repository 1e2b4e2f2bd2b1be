// lane_world.hpp -- the outbox as its functions show it: a fresh database, and short verbs for all
// who act on it.
// Owns:    one database; connections opened through it live as long as the test wants.
// Thread:  one; what shall wait in the background runs through later(), on a connection of its own.
// Fails:   throws when a statement fails where the test does not expect it.
// Never:   sleeps: time that passes is a past that moves, and waiting asks the database again.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {

struct Said {
  std::string subject;
  std::string kind = "member.push";
  std::string desired{};  // "": a set that names the subject
  int priority = 1;
  std::string waits{};  // as SQL: row('role', 1)::rolecall.wait, ...
  std::string organization = "o1";
};

struct Leased {
  std::string subject;
  std::int64_t version = 0;
  std::int64_t token = 0;
  std::int64_t send = 0;
  std::int64_t outbox_id = 0;
  std::string desired;
  std::string document;  // the whole lease
};

struct Outcome {
  std::string outcome = "delivered";
  std::string fate = "answered";
  std::int64_t delay_ms = 0;
  bool counts = false;
  std::string failure{};  // class; "": none
  std::string code = "it_failed";
  std::string look_at = "[]";
};

inline Outcome delivered() {
  return {};
}
inline Outcome retry(const std::string& failure, std::int64_t delay_ms = 0, bool counts = false) {
  return {.outcome = "retry",
          .fate = "unsent",
          .delay_ms = delay_ms,
          .counts = counts,
          .failure = failure};
}
inline Outcome ends(const std::string& outcome, const std::string& failure = "rejected") {
  return {.outcome = outcome, .fate = "unsent", .failure = failure};
}

class LaneWorld {
 public:
  TestDatabase& database() { return database_; }
  Rows sql(const std::string& text, const Params& params = {}) {
    return database_.sql(text, params);
  }
  std::string value(const std::string& text, const Params& params = {}) {
    return database_.value(text, params);
  }
  std::int64_t number(const std::string& text, const Params& params = {});

  std::int64_t say(const Said& said);  // an application's committed change; answers the outbox id
  std::int64_t take_in(int limit = 1000);
  std::int64_t open_session(bool locks = false);
  std::vector<Leased> lease(std::int64_t worker, int limit = 100, int lease_ms = 30'000);
  Leased lease_one(std::int64_t worker);  // exactly one, or it throws
  std::string settle(std::int64_t worker, const Leased& lease, const Outcome& outcome);
  std::int64_t wake();
  // The places at which this world's walks ended are forgotten, as by a worker that begins anew.
  void forget_places();
  std::string lane(const std::string& subject, const std::string& column);  // a column, as text
  void pass(std::int64_t milliseconds);  // every instant of the outbox becomes earlier

  // The definition of a worker's function with `from` replaced by `to`, as <schema>.<function>.
  // Throws when `from` is not in it: a naive form that is none would prove nothing.
  void rewrite(const std::string& function, const std::string& from, const std::string& to,
               const std::string& schema = "rolecall");

  // Runs in the background, on a connection of its own.
  std::future<Result<Rows>> later(const std::string& text, const std::string& settings = "");
  // Asks until the statement answers true. Throws after 20 s.
  void until(const std::string& condition);
  void until_somebody_waits() {
    until(
        "select exists (select from pg_stat_activity where datname = current_database() "
        "and wait_event_type = 'Lock')");
  }

 private:
  TestDatabase database_;
  // JSON lists, handed from each answer to the next call.
  std::string intake_places_ = "[]";
  std::map<std::int64_t, std::string> lease_places_{};  // by worker
};

// Settlements as the worker writes them.
std::string settlement(const Leased& lease, const Outcome& outcome);
// Whether the statement failed, and with which SQLSTATE ("" if it did not).
std::string sqlstate(const Result<Rows>& result);

}  // namespace rolecall::testing
