#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "outbox/pg/migrator.hpp"
#include "worker/app/preflight/looks.hpp"
#include "worker/app/statement.hpp"

namespace rolecall::preflight {
namespace {

constexpr int kNamesShown = 20;

std::optional<double> real_or_none(const Rows& rows, std::string_view column) {
  const auto& cell = rows.at(0, column);
  double value = 0;
  if (!cell) return std::nullopt;
  std::from_chars(cell->data(), cell->data() + cell->size(), value);
  return value;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// Besides those of its statements a worker has one for its session, one for what /metrics counts,
// and one for reconciliation. A limit of -1 is none; the server's always counts.
ConnectionFacts connections_in(const Rows& server, const Config& config) {
  ConnectionFacts facts{.most = server.number(0, "server_most"),
                        .limited_by = "max_connections",
                        .needed = config.database_connections + (config.poll_only ? 2 : 3)};
  facts.free = facts.most - server.number(0, "server_used");
  const auto limit = [&](const std::string& whose, const char* name) {
    const auto most = server.number(0, whose + "_most");
    const auto free = most - server.number(0, whose + "_used");
    if (most < 0 || free >= facts.free) return;
    facts.free = free;
    facts.most = most;
    facts.limited_by = name;
  };
  limit("database", "the database's CONNECTION LIMIT");
  limit("role", "the role's CONNECTION LIMIT");
  facts.free = std::max<std::int64_t>(facts.free, 0);
  return facts;
}

Result<ReplicationFacts> replication_in(const Rows& server, Database& database) {
  ReplicationFacts facts{.in_recovery = server.flag(0, "in_recovery"),
                         .required = server.number(0, "required"),
                         .synchronous = server.number(0, "synchronous"),
                         .standbys = server.number(0, "standbys"),
                         .states_hidden = server.flag(0, "states_hidden"),
                         .lag_s = real_or_none(server, "lag_s")};
  const auto slots = database.run(statement("preflight_slots"));
  if (!slots) return slots.error();
  for (std::size_t i = 0; i < slots->size(); ++i)
    facts.idle_slots.push_back({slots->text(i, "slot_name"), slots->number(i, "kept_bytes")});
  return facts;
}

Result<NameFacts> read_names(Database& database) {
  const auto rows = database.run(statement("preflight_names"), {std::to_string(kNamesShown)});
  if (!rows) return rows.error();
  NameFacts facts;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    facts.refused = rows->number(i, "total");
    facts.first.push_back(
        {rows->text(i, "place"), rows->text(i, "slug"), rows->text(i, "problem")});
  }
  return facts;
}

EventFacts events_in(const Rows& data) {
  return {.enabled = data.flag(0, "events_enabled"),
          .started = data.flag(0, "events_started"),
          .read_s = real_or_none(data, "events_read_s"),
          .kept_s = real_or_none(data, "events_kept_s").value_or(0),
          .failing_s = real_or_none(data, "events_failing_s"),
          .gap = data.text(0, "events_gap"),
          .last_result = data.text(0, "events_result"),
          .parked = data.number(0, "events_parked")};
}

// Half of what is known of these; WorkOS has the other.
void take_data(const Rows& data, Facts& facts) {
  facts.organizations.emplace(OrganizationFacts{.linked = data.number(0, "linked")});
  facts.roles.emplace(RoleFacts{.here = words_of(data.text(0, "role_slugs")),
                                .default_slug = data.text(0, "default_role_slug")});
  facts.multiple_roles.emplace(MultipleRolesFacts{.allowed_here = data.flag(0, "multiple_roles"),
                                                  .members = data.number(0, "several_roles"),
                                                  .refused = data.number(0, "refused_several")});
  facts.events.emplace(events_in(data));
}

Result<std::string> read_schema(const Config& config, Database& database, Facts& facts) {
  if (const auto checked = rolecall::check_schema(config.database_url.reveal()); !checked)
    return checked.error();
  const auto newest = database.run(statement("preflight_schema"));
  if (!newest) return newest.error();
  const auto data = database.run(statement("preflight_data"));
  if (!data) return data.error();
  take_data(*data, facts);
  facts.names.emplace(read_names(database));
  return newest->text(0, "name");
}

}  // namespace

std::optional<Database> look_at_postgres(const Config& config, Facts& facts) {
  auto database = Database::connect(config.database_url.reveal());
  if (!database) {
    facts.database.emplace(database.error());
    return std::nullopt;
  }
  const auto server = database->run(statement("preflight_server"));
  if (!server) {
    facts.database.emplace(server.error());
    return std::nullopt;
  }
  facts.database.emplace(server->text(0, "version"));
  facts.connections.emplace(connections_in(*server, config));
  facts.replication.emplace(replication_in(*server, *database));
  facts.schema.emplace(read_schema(config, *database, facts));
  return std::move(*database);
}

}  // namespace rolecall::preflight
