#include <fmt/format.h>

#include "worker/app/exit_code.hpp"
#include "worker/app/preflight/checks.hpp"
#include "worker/app/preflight/verdicts.hpp"

namespace rolecall::preflight {
namespace {

constexpr double kLongLag = 60;
constexpr std::int64_t kMuchWal = std::int64_t{1} << 30;
constexpr const char* kConnections = "connections";
constexpr const char* kReplication = "replication";

std::string mebibytes(std::int64_t bytes) {
  return fmt::format("{} MB", bytes >> 20);
}

}  // namespace

Finding check_database(const Result<std::string>& version) {
  if (version) return good("database", "PostgreSQL " + *version + " answers");
  auto finding = error("database", version.error().detail,
                       "see that PostgreSQL runs, and that DATABASE_URL names it");
  finding.unreachable = exit_code::of(version.error()) == exit_code::unreachable;
  return finding;
}

Finding check_schema(const Result<std::string>& newest) {
  if (newest) return good("schema", "migrated up to " + *newest);
  const auto& failure = newest.error();
  if (exit_code::of(failure) == exit_code::unreachable) return unseen("schema", failure);
  if (failure.code == "42501")
    return error("schema", failure.detail,
                 "connect as a user with the database role rolecall_worker or rolecall_operator");
  return error("schema", failure.detail,
               failure.code == "no_schema" || failure.code == "schema_too_old"
                   ? "rolecall migrate"
                   : "use the program that this database was migrated for");
}

Finding check_connections(const Result<ConnectionFacts>& looked) {
  if (!looked) return unseen(kConnections, looked.error());
  const auto& facts = *looked;
  const auto how = fmt::format("{} of {} are free ({}); a worker as configured uses {}", facts.free,
                               facts.most, facts.limited_by, facts.needed);
  const auto to_do = "raise " + facts.limited_by +
                     ", lower ROLECALL_DATABASE_CONNECTIONS, or put a pooler in between";
  if (facts.free < facts.needed) return error(kConnections, how, to_do);
  // A second worker, or the same one again while the old one's connections end.
  if (facts.free < std::int64_t{2} * facts.needed) return warning(kConnections, how, to_do);
  return good(kConnections, how);
}

Finding check_replication(const Result<ReplicationFacts>& looked) {
  if (!looked) return unseen(kReplication, looked.error());
  const auto& facts = *looked;
  if (facts.in_recovery)
    return error(kReplication, "this server is a standby: it takes no changes",
                 "let DATABASE_URL name the primary: all servers, and "
                 "target_session_attrs=read-write");
  const auto connected = fmt::format("{} connected", counted(facts.standbys, "standby server"));
  if (!facts.states_hidden && facts.synchronous < facts.required)
    return error(kReplication,
                 fmt::format("{}, {} of them synchronous, and a commit waits for {}", connected,
                             facts.synchronous, facts.required),
                 "start the synchronous standby servers, or change synchronous_standby_names: "
                 "until then no transaction commits");
  for (const auto& slot : facts.idle_slots)
    if (slot.kept_bytes >= kMuchWal)
      return warning(kReplication,
                     fmt::format("nobody reads the replication slot {}, and {} of WAL are kept "
                                 "for it",
                                 slot.name, mebibytes(slot.kept_bytes)),
                     "start its reader, or pg_drop_replication_slot: a full disk stops the "
                     "database");
  if (facts.lag_s.value_or(0) > kLongLag)
    return warning(kReplication,
                   fmt::format("{}, the slowest is {} behind", connected, span_of(*facts.lag_s)),
                   "see why: what it does not have yet is lost with this server");
  if (facts.standbys == 0)
    return warning(kReplication, "no standby server is connected",
                   "add one: what only this server holds is lost with it (a managed service may "
                   "not show its own)");
  return good(kReplication, facts.required > 0 ? fmt::format("{}, a commit waits for {} of them",
                                                             connected, facts.required)
                                               : connected);
}

}  // namespace rolecall::preflight
