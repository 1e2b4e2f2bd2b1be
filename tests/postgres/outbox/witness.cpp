#include "tests/postgres/outbox/witness.hpp"

#include <stdexcept>

namespace rolecall::testing {

Witness::Witness(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(connection_.get(), &Witness::on_notice, this);
}

void Witness::on_notice(void* witness, const char* message) {
  static_cast<Witness*>(witness)->notices_ += message;
}

void Witness::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()),
                                                             &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQresultErrorMessage(result.get()));
}

std::string Witness::plans_of(const std::string& sql) {
  run("load 'auto_explain'; set auto_explain.log_min_duration = 0; "
      "set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; "
      "set auto_explain.log_timing = off; set client_min_messages = log");
  notices_.clear();
  run(sql);
  std::string plans;
  plans.swap(notices_);
  run("set client_min_messages = notice; set auto_explain.log_min_duration = -1");
  return plans;
}

bool Witness::was_notified() {
  run("select 1");  // what the server has sent arrives before this answer
  bool any = false;
  while (PGnotify* notification = PQnotifies(connection_.get())) {
    PQfreemem(notification);
    any = true;
  }
  return any;
}

}  // namespace rolecall::testing
