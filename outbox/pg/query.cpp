#include "outbox/pg/query.hpp"

#include <utility>

#include "outbox/pg/connection.hpp"

namespace rolecall {

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::connect(const std::string& url, Millis statement_timeout) {
  auto string = ConnectionString::parse(url, {.statement_timeout = statement_timeout});
  if (string.has_error()) return string.error();
  auto connection = Connection::open(*string);
  if (connection.has_error()) return connection.error();
  return Database(std::make_unique<Connection>(std::move(*connection)));
}

Result<Rows> Database::run(const std::string& sql, const Params& params) {
  return connection_->query(sql, Effect::changes, params);
}

Result<void> Database::script(const std::string& sql) {
  return connection_->script(sql);
}

bool Database::is_open() const {
  return connection_->is_open();
}

}  // namespace rolecall
