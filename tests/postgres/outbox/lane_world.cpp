#include "tests/postgres/outbox/lane_world.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace rolecall::testing {
namespace {

// As the argument of a function that walks on: a list of texts, from JSON.
constexpr const char* kPlaces = "array(select jsonb_array_elements_text($1::jsonb))";
constexpr auto kPatience = std::chrono::seconds(20);

std::string desired_of(const Said& said) {
  if (!said.desired.empty()) return said.desired;
  if (said.kind.starts_with("role."))
    return fmt::format(
        R"({{"organization":"org_{}","slug":"org-{}","name":"N","description":null}})",
        said.organization, said.subject);
  return fmt::format(R"({{"organization":"org_{}","user":"{}","roles":["member"]}})",
                     said.organization, said.subject);
}

}  // namespace

std::int64_t LaneWorld::number(const std::string& text, const Params& params) {
  const std::string cell = value(text, params);
  return cell.empty() ? 0 : std::stoll(cell);
}

std::int64_t LaneWorld::say(const Said& said) {
  const std::string desired = desired_of(said);
  sql("begin");
  sql("select rolecall.bump($1, $2, $3, $4::jsonb)",
      {said.subject, said.organization, said.kind, desired});
  const auto id = number(
      fmt::format("select rolecall.publish($1, $2, $3, $4::jsonb, array[{}]::rolecall.wait[], {}, "
                  "'a test', null, true)",
                  said.waits, said.priority),
      {said.subject, said.organization, said.kind, desired});
  sql("commit");
  return id;
}

std::int64_t LaneWorld::take_in(int limit) {
  const auto taken = sql(fmt::format("select x ->> 'moved' as moved, x ->> 'walked_to' as places "
                                     "from rolecall.take_in_v1({}, {}) x",
                                     limit, kPlaces),
                         {intake_places_});
  intake_places_ = taken.text(0, "places");
  return taken.number(0, "moved");
}

std::int64_t LaneWorld::open_session(bool locks) {
  return number(fmt::format("select rolecall.open_session_v1({}, '0.1.0', 'here', 7)", locks));
}

std::vector<Leased> LaneWorld::lease(std::int64_t worker, int limit, int lease_ms) {
  auto& places = lease_places_.try_emplace(worker, "[]").first->second;
  const auto batch = sql(fmt::format("select x as document, x ->> 'walked_to' as places from "
                                     "rolecall.lease_due_v1({}, {}, {}, rolecall.known_kinds(), "
                                     "{}) x",
                                     worker, limit, lease_ms, kPlaces),
                         {places});
  places = batch.text(0, "places");
  const auto rows =
      sql("select l ->> 'subject' as subject, l ->> 'version' as version, l ->> 'token' as token, "
          "l ->> 'send' as send, l ->> 'outbox_id' as outbox_id, l ->> 'desired' as desired, l as "
          "document "
          "from jsonb_array_elements($1::jsonb -> 'leases') l",
          {batch.text(0, "document")});
  std::vector<Leased> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({.subject = rows.text(i, "subject"),
                   .version = rows.number(i, "version"),
                   .token = rows.number(i, "token"),
                   .send = rows.number(i, "send"),
                   .outbox_id = rows.number(i, "outbox_id"),
                   .desired = rows.text(i, "desired"),
                   .document = rows.text(i, "document")});
  return out;
}

Leased LaneWorld::lease_one(std::int64_t worker) {
  auto leases = lease(worker);
  if (leases.size() != 1)
    throw std::runtime_error(fmt::format("{} leases, not one", leases.size()));
  return leases.front();
}

std::string settlement(const Leased& lease, const Outcome& o) {
  const std::string failure =
      o.failure.empty() ? "null"
                        : fmt::format(R"({{"class":"{}","code":"{}","detail":"as the test says",)"
                                      R"("status":500,"request_id":"req_f"}})",
                                      o.failure, o.code);
  const std::string answer =
      o.fate != "answered"
          ? "null"
          : fmt::format(R"({{"incarnation":"om_1","created_at":"2024-01-01T00:00:00.000Z",)"
                        R"("updated_at":"2024-01-01T00:00:00.000Z","status":"active",)"
                        R"("directory_managed":false,"value":{}}})",
                        lease.desired);
  return fmt::format(
      R"({{"subject":"{}","token":{},"send":{},"outcome":"{}","fate":"{}","delay_ms":{},)"
      R"("counts":{},"failure":{},"answer":{},"look_at":{},"request_id":"req_1","call_ms":5}})",
      lease.subject, lease.token, lease.send, o.outcome, o.fate, o.delay_ms, o.counts, failure,
      answer, o.look_at);
}

std::string LaneWorld::settle(std::int64_t worker, const Leased& lease, const Outcome& outcome) {
  return value("select result from rolecall.settle_v1($1::bigint, $2::jsonb)",
               {std::to_string(worker), "[" + settlement(lease, outcome) + "]"});
}

std::int64_t LaneWorld::wake() {
  return number("select woken from rolecall.wake_v2(100, '')");
}

void LaneWorld::forget_places() {
  intake_places_ = "[]";
  lease_places_.clear();
}

std::string LaneWorld::lane(const std::string& subject, const std::string& column) {
  return value(fmt::format("select {} from rolecall.lanes where subject = $1", column), {subject});
}

void LaneWorld::pass(std::int64_t milliseconds) {
  sql(fmt::format(
      "do $$ declare c record; begin "
      "for c in select table_name, string_agg(format('%1$I = %1$I - interval ''{} ms''', "
      "column_name), "
      "', ') as sets from information_schema.columns "
      "where table_schema = 'rolecall' and data_type = 'timestamp with time zone' "
      "and table_name in ('lanes', 'observed', 'sends', 'outbox', 'provider_state', 'schedules', "
      "'worker_sessions') group by 1 loop "
      "execute format('update rolecall.%I set %s', c.table_name, c.sets); end loop; end $$",
      milliseconds));
}

void LaneWorld::rewrite(const std::string& function, const std::string& from, const std::string& to,
                        const std::string& schema) {
  std::string text = value("select pg_get_functiondef(('rolecall.' || $1)::regproc)", {function});
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(function + " does not say: " + from);
  text.replace(at, from.size(), to);
  const std::string head = "FUNCTION rolecall.";
  text.replace(text.find(head), head.size(), "FUNCTION " + schema + ".");
  sql("create schema if not exists " + schema);
  sql(text);
}

std::future<Result<Rows>> LaneWorld::later(const std::string& text, const std::string& settings) {
  auto connection = std::make_shared<Database>(settings.empty() ? database_.connect()
                                                                : database_.connect_directly());
  if (!settings.empty()) connection->script(settings).value();
  return std::async(std::launch::async, [connection, text] { return connection->run(text); });
}

void LaneWorld::until(const std::string& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (value(condition) != "t")
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("never came true: " + condition);
}

std::string sqlstate(const Result<Rows>& result) {
  return result.has_error() ? result.error().code : std::string();
}

}  // namespace rolecall::testing
