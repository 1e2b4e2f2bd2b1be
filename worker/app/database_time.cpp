#include "worker/app/database_time.hpp"

#include "worker/app/statement.hpp"

namespace rolecall {

Result<WallTime> read_database_time(Database& database) {
  const auto rows = database.run(statement("database_time"));
  if (!rows) return rows.error();
  return WallTime{std::chrono::microseconds{rows->number(0, "now_us")}};
}

}  // namespace rolecall
