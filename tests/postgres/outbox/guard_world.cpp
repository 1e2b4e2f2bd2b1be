#include "tests/postgres/outbox/guard_world.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "workflows/reduce.hpp"

namespace rolecall::testing {
namespace {

constexpr const char* kThen = "2026-01-01T00:00:00.000Z";

}  // namespace

GuardWorld::GuardWorld(int members)
    : store_(make_pg_store({.database_url = database().store_url(),
                            .poll_only = through_pooler(),
                            .executor = loop_.executor()})) {
  sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  for (const std::string slug : {"admin", "member"})
    sql("select rolecall.upsert_global_role($1, 'A role')", {slug});
  sql("select rolecall.create_role('acme', 'Editors')");
  sql("do $$ begin for i in 1.." + std::to_string(members) +
      " loop "
      "perform rolecall.upsert_user('u' || i, 'u' || i || '@x', 'user_' || i); "
      "perform rolecall.add_member('acme', 'u' || i, array(select subject from "
      "rolecall.organization_roles)); end loop; end $$");
  take_in(members + 10);
  sql("update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version, waits_on = null, waits_version = null");
  sql("insert into rolecall.observed (subject, organization_id, object_key, incarnation, "
      "incarnation_created_at, echoed_version, confirmed_version, confirmed_at, looked, seen, "
      "seen_at, seen_status, seen_source) select subject, organization_id, object_key, "
      "case when kind = 'role.push' then $1 else 'om_' || subject end, $1, version, version, "
      "now(), true, desired, $1, 'active', 'read' from rolecall.subjects",
      {kThen});
  sql("update rolecall.organization_roles set workos_created_at = '2025-12-31'");
}

std::string GuardWorld::member(int number) {
  return "member:acme:user_" + std::to_string(number);
}

std::string GuardWorld::role() {
  return value("select subject from rolecall.organization_roles");
}

void GuardWorld::read(const std::string& subject, const std::string& shown,
                      const std::string& absent_since) {
  sql("update rolecall.observed set pending_read = jsonb_build_object('begun_at', "
      "rolecall.json_time_v1(clock_timestamp()), 'shown', $2::jsonb, 'noted_send', 0), "
      "absent_since = coalesce(nullif($3, ''), absent_since), reduce_due_at = clock_timestamp() "
      "where subject = $1",
      {subject, shown, absent_since});
}

void GuardWorld::shows_nothing(const std::string& subject) {
  read(subject, "{}", kThen);
}

void GuardWorld::shows_roles(const std::string& subject, const std::string& roles) {
  const std::string user =
      value("select desired ->> 'user' from rolecall.subjects where subject = $1", {subject});
  read(subject,
       fmt::format(R"({{"incarnation":"om_{}","created_at":"{}","updated_at":"{}",)"
                   R"("status":"active","directory_managed":false,)"
                   R"("value":{{"organization":"org_1","user":"{}","roles":{}}}}})",
                   subject, kThen, "2026-02-01T00:00:00.000Z", user, roles),
       "");
}

void GuardWorld::shows_again(const std::string& subject) {
  shows_roles(subject, R"(["org-editors"])");
}

void GuardWorld::reduce() {
  for (int rounds = 0; rounds < 1000; ++rounds) {
    sql("update rolecall.observed set reduce_due_at = clock_timestamp() where reduce_due_at > "
        "clock_timestamp()");
    if (loop_.run(store_->reduce(100, rolecall::reduce)).value().empty()) return;
  }
  throw std::runtime_error("the reducer never ends");
}

void GuardWorld::lose(int first, int last) {
  for (int i = first; i <= last; ++i) {
    shows_nothing(member(i));
    reduce();
  }
}

void GuardWorld::lose_at_once(int first, int last) {
  for (int i = first; i <= last; ++i) shows_nothing(member(i));
  reduce();
}

std::int64_t GuardWorld::assignments() {
  return number(
      "select count(*) from rolecall.organization_role_assignments where deleted_at is null");
}

std::int64_t GuardWorld::held() {
  return number("select count(*) from rolecall.lanes where state = 'held'");
}

std::string GuardWorld::held_id() {
  return value("select min(wanted_id) from rolecall.lanes where state = 'held'");
}

void GuardWorld::window_passes() {
  sql("update rolecall.guard_windows set slot = slot - 7");
}

}  // namespace rolecall::testing
