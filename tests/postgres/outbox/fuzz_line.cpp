#include "tests/postgres/outbox/fuzz_line.hpp"

namespace rolecall::testing {

void Line::reconnect() {
  arena_.ledger.disconnected(pid_);
  connection_.reset();
  while (!connection_) {
    const auto login = arena_.logins.find(kind_);
    const bool pooled = login != arena_.logins.end();
    auto made = Database::connect(pooled ? login->second.url() : arena_.database.url());
    if (made.has_error()) {
      arena_.ledger.pass(std::chrono::milliseconds(50));
      continue;
    }
    auto pid = made->run("select pg_backend_pid() as pid");
    if (pid.has_error() || (!pooled && made->script(settings_).has_error())) continue;
    pid_ = pid->number(0, "pid");
    connection_ = std::move(*made);
  }
  arena_.ledger.connected(kind_, pid_);
}

Result<Rows> Line::run(const std::string& sql, const Params& params) {
  auto answer = connection_->run(sql, params);
  if (answer.has_error()) arena_.ledger.count(kind_ + " error " + answer.error().code);
  return answer;
}

}  // namespace rolecall::testing
