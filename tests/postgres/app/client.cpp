#include "tests/postgres/app/client.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace rolecall::testing {
namespace {

using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;
using ConnectionPtr = std::unique_ptr<PGconn, decltype(&PQfinish)>;

ConnectionPtr connect(const std::string& url) {
  ConnectionPtr connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK)
    throw std::runtime_error(PQerrorMessage(connection.get()));
  return connection;
}

std::string fresh_name() {
  static std::atomic<int> count{0};
  return "client_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

Answer answer_of(const PGresult* result) {
  Answer answer;
  const auto status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    answer.sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (answer.sqlstate.empty()) answer.sqlstate = "08000";  // the connection, not the statement
    answer.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    answer.hint = field(result, PG_DIAG_MESSAGE_HINT);
  }
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& cells = answer.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      cells.push_back(PQgetisnull(result, row, column) != 0
                          ? std::nullopt
                          : std::optional<std::string>(PQgetvalue(result, row, column)));
  }
  return answer;
}

}  // namespace

std::string Answer::value() const {
  return rows.empty() ? "" : rows.front().front().value_or("");
}

Client::Client(const std::string& url)
    : url_(url), name_(fresh_name()), connection_(connect(url)), observer_(nullptr, &PQfinish) {
  listen_to_notices();
}

Client::Client(const TestDatabase& database, const std::string& role)
    : url_(database.url()),
      name_(fresh_name()),
      connection_(connect(through_pooler() ? database.pooled_url_as(role) : database.url())),
      observer_(nullptr, &PQfinish) {
  listen_to_notices();
  if (!through_pooler()) must("set session authorization " + role);
}

void Client::listen_to_notices() {
  PQsetNoticeReceiver(connection_.get(), &Client::on_notice, this);
  // A pooler hands this setting on with each transaction.
  must("set application_name = '" + name_ + "'");
}

void Client::on_notice(void* client, const PGresult* result) {
  static_cast<Client*>(client)->notices_.push_back(field(result, PG_DIAG_MESSAGE_PRIMARY));
}

Answer Client::run(const std::string& sql) {
  begin(sql);
  return finish();
}

Answer Client::must(const std::string& sql) {
  auto answer = run(sql);
  if (!answer.ok())
    throw std::runtime_error(answer.sqlstate + " " + answer.message + " in: " + sql);
  return answer;
}

void Client::begin(const std::string& sql) {
  notices_.clear();
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
}

void Client::wait_until_blocked() {
  if (!observer_) observer_ = connect(url_);
  const auto sql =
      "select exists (select from pg_stat_activity where datname = "
      "current_database() and application_name = '" +
      name_ + "' and state = 'active' and cardinality(pg_blocking_pids(pid)) > 0)";
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    const ResultPtr result(PQexec(observer_.get(), sql.c_str()), &PQclear);
    if (answer_of(result.get()).value() == "t") return;
  }
  throw std::runtime_error("the statement is not blocked");
}

Answer Client::finish() {
  Answer last;
  while (ResultPtr result{PQgetResult(connection_.get()), &PQclear}) {
    auto answer = answer_of(result.get());
    if (last.ok()) last = std::move(answer);
  }
  last.notices = std::move(notices_);
  notices_.clear();
  return last;
}

bool Client::was_notified(const std::string& channel) {
  must("select 1");  // a round trip brings what is under way
  bool found = false;
  while (PGnotify* notice = PQnotifies(connection_.get())) {
    found = found || channel == notice->relname;
    PQfreemem(notice);
  }
  return found;
}

}  // namespace rolecall::testing
