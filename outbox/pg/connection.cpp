#include "outbox/pg/connection.hpp"

#include <poll.h>

#include <pqxx/pqxx>
#include <set>
#include <utility>

#include "outbox_statements.hpp"

namespace rolecall {
namespace {

constexpr const char* kChannel = "rolecall_wake";

Rows rows_of(const pqxx::result& result) {
  Rows out;
  out.affected = static_cast<std::int64_t>(result.affected_rows());
  for (pqxx::row::size_type c = 0; c < result.columns(); ++c)
    out.columns.emplace_back(result.column_name(c));
  out.rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) {
    auto& cells = out.rows.emplace_back();
    cells.reserve(out.columns.size());
    for (const auto& field : row)
      cells.push_back(field.is_null() ? Cell{} : Cell{std::string(field.c_str(), field.size())});
  }
  return out;
}

// libpqxx takes null pointers for NULL.
std::vector<const char*> pointers(const Params& params) {
  std::vector<const char*> out;
  for (const auto& p : params) out.push_back(p ? p->c_str() : nullptr);
  return out;
}

const outbox_statements::File* find_statement(std::string_view name) {
  for (const auto& file : outbox_statements::files())
    if (file.name == name) return &file;
  return nullptr;
}

// Unasked, libpqxx 6 connects anew at the second statement after a loss: without the transaction
// that the caller believes to be in, the locks of its session, and LISTEN.
void stay_lost(pqxx::connection& link) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // libpqxx 7 never does that
  link.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

class Wake final : public pqxx::notification_receiver {
 public:
  Wake(pqxx::connection_base& connection, int& count)
      : notification_receiver(connection, kChannel), count_(count) {}
  void operator()(const std::string&, int) override { ++count_; }

 private:
  int& count_;
};

}  // namespace

struct Connection::Inside {
  explicit Inside(const ConnectionString& s) : string(s), link(s.text()), quiet(link) {
    stay_lost(link);
  }

  Circumstances circumstances(Effect effect) {
    return {.effect = effect, .connection_is_open = [this] { return link.is_open(); }};
  }
  template <class Body>
  auto guard(Effect effect, Body&& body) {
    auto result = guarded(circumstances(effect), std::forward<Body>(body));
    if (result.has_error()) result.error().detail = string.without_password(result.error().detail);
    return result;
  }

  ConnectionString string;
  pqxx::connection link;
  pqxx::quiet_errorhandler quiet;  // notices are for psql
  std::set<std::string, std::less<>> prepared{};
  bool prepares = true;
  int notifications = 0;
  std::unique_ptr<Wake> wake{};
};

Connection::Connection(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const ConnectionString& string) {
  std::unique_ptr<Inside> inside;
  auto made = guarded({}, [&] { inside = std::make_unique<Inside>(string); });
  if (made.has_error()) {
    Failure failure = failure_of_connecting(string.without_password(made.error().detail));
    return failure;
  }
  return Connection(std::move(inside));
}

void Connection::unprepared() {
  inside_->prepares = false;
}

Result<Rows> Connection::run(std::string_view statement, Effect effect, const Params& params) {
  const auto* file = find_statement(statement);
  if (file == nullptr)
    return Failure{.kind = FailureClass::bug,
                   .code = "no_such_statement",
                   .detail = "outbox/sql has no " + std::string(statement) + ".sql"};
  if (!inside_->prepares) return query(std::string(file->text), effect, params);
  if (!inside_->prepared.contains(statement)) {
    auto prepared = inside_->guard(Effect::reads, [&] {
      inside_->link.prepare(std::string(statement), std::string(file->text));
      inside_->link.prepare_now(std::string(statement));
    });
    if (prepared.has_error()) return prepared.error();
    inside_->prepared.emplace(statement);
  }
  return inside_->guard(effect, [&] {
    const auto values = pointers(params);
    pqxx::nontransaction direct(inside_->link);
    return rows_of(
        direct.exec_prepared(std::string(statement), pqxx::prepare::make_dynamic_params(values)));
  });
}

Result<Rows> Connection::query(const std::string& sql, Effect effect, const Params& params) {
  return inside_->guard(effect, [&] {
    const auto values = pointers(params);
    pqxx::nontransaction direct(inside_->link);
    return rows_of(direct.exec_params(sql, pqxx::prepare::make_dynamic_params(values)));
  });
}

Result<void> Connection::script(const std::string& sql) {
  return inside_->guard(Effect::changes, [&] {
    pqxx::nontransaction direct(inside_->link);
    direct.exec(sql);
  });
}

Result<void> Connection::begin() {
  return inside_->guard(Effect::reads, [&] {
    pqxx::nontransaction direct(inside_->link);
    direct.exec("begin");
  });
}

Result<void> Connection::commit() {
  return script("commit");
}

void Connection::rollback() {
  // A connection that is gone has rolled back by itself.
  static_cast<void>(script("rollback"));
}

bool Connection::is_open() const {
  return inside_->link.is_open();
}

bool Connection::look() {
  if (!is_open()) return false;
  pollfd readable{.fd = descriptor(), .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, 0) == 0) return true;
  const auto read = inside_->guard(Effect::reads, [&] { inside_->link.get_notifs(); });
  return read.has_value() && is_open();
}

Result<void> Connection::listen() {
  return inside_->guard(Effect::reads, [&] {
    inside_->wake = std::make_unique<Wake>(inside_->link, inside_->notifications);
  });
}

int Connection::take_notifications() {
  // Those that come with an answer are already off the socket, which will not be readable for them.
  if (inside_->wake && is_open())
    static_cast<void>(inside_->guard(Effect::reads, [&] { inside_->link.get_notifs(); }));
  return std::exchange(inside_->notifications, 0);
}

int Connection::descriptor() const {
  return inside_->link.sock();
}

}  // namespace rolecall
