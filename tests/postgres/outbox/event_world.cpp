#include "tests/postgres/outbox/event_world.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "workflows/reduce.hpp"
#include "workflows/workos/events.hpp"

namespace rolecall::testing {
namespace {

std::string membership_json(const std::string& user, const std::string& roles, int second,
                            const std::string& membership, const std::string& status) {
  std::string list;
  for (std::size_t from = 0; from < roles.size();) {
    const auto end = std::min(roles.find(' ', from), roles.size());
    list += (list.empty() ? "" : ",") +
            fmt::format(R"({{"slug":"{}"}})", roles.substr(from, end - from));
    from = end + 1;
  }
  const std::string id = membership.empty() ? "om_" + user : membership;
  // A second membership of the same person was made later.
  const int made = membership.empty() ? 0 : 20;
  return fmt::format(
      R"({{"object":"organization_membership","id":"{}","user_id":"user_{}",)"
      R"("organization_id":"org_1","status":"{}","role":{{"slug":"member"}},"roles":[{}],)"
      R"("created_at":"{}","updated_at":"{}"}})",
      id, user, status, list, at_second(made), at_second(second));
}

}  // namespace

std::string at_second(int second) {
  return fmt::format("2026-03-01T12:{:02}:{:02}.000Z", second / 60, second % 60);
}

Told joined(const std::string& user, const std::string& roles, int second,
            const std::string& membership, const std::string& status) {
  return {"organization_membership.created",
          membership_json(user, roles, second, membership, status), second};
}

Told changed(const std::string& user, const std::string& roles, int second,
             const std::string& membership, const std::string& status) {
  return {"organization_membership.updated",
          membership_json(user, roles, second, membership, status), second};
}

Told left(const std::string& user, int second, const std::string& membership) {
  return {"organization_membership.deleted",
          membership_json(user, "member", second, membership, "active"), second};
}

Told role_told(const std::string& change, const std::string& slug, int made, int second,
               const std::string& permissions) {
  return {"organization_role." + change,
          fmt::format(R"({{"object":"organization_role","organization_id":"org_1","slug":"{}",)"
                      R"("name":"Name {}","description":null,"permissions":{},)"
                      R"("created_at":"{}","updated_at":"{}"}})",
                      slug, second, permissions, at_second(made), at_second(second)),
          second};
}

EventWorld::EventWorld()
    : store_(make_pg_store({.database_url = database().store_url(),
                            .poll_only = through_pooler(),
                            .executor = loop_.executor()})) {
  sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  for (const std::string slug : {"admin", "member"})
    sql("select rolecall.upsert_global_role($1, 'A role')", {slug});
  sql("select rolecall.start_events()");
  sql("update rolecall.provider_control set read_ahead_ms = 0");  // reduced between pages
  worker = open_session();
}

PullGrant EventWorld::grant() {
  sql("update rolecall.schedules set due_at = now() where name = 'pull_events'");
  auto grant = loop_.run(store_->take_pull(WorkerId{worker}, {}));
  return grant.value();
}

bool EventWorld::record_page(PullTask task, PulledPage page) {
  auto recorded =
      loop_.run(store_->record_events(WorkerId{worker}, std::move(task), std::move(page)));
  return !recorded.value().fenced;
}

bool EventWorld::record(const std::vector<Told>& events, const std::string& organization) {
  std::string data;
  for (const Told& told : events)
    data += (data.empty() ? "" : ",") +
            fmt::format(R"({{"object":"event","id":"event_{:04}","event":"{}","data":{},)"
                        R"("created_at":"{}","context":{{"actor":{{"source":"{}"}}}}}})",
                        told.second, told.type, told.data, at_second(told.second), told.actor);
  HttpResponse answer;
  answer.status = 200;
  answer.body = fmt::format(R"({{"object":"list","data":[{}]}})", data);
  auto page = workos::events_in(answer).value();
  page.roles = roles_;
  const auto granted = grant();
  const auto& task = organization.empty() ? granted.task : granted.replay;
  if (!task) throw std::runtime_error("the pull was not granted");
  return record_page(*task, std::move(page));
}

bool EventWorld::end_of_stream(const std::string& organization) {
  return record({}, organization);
}

void EventWorld::tell(const std::vector<Told>& events) {
  if (!record(events)) throw std::runtime_error("a page was fenced off");
  reduce();
  if (!end_of_stream()) throw std::runtime_error("the last page was fenced off");
  reduce();
}

void EventWorld::reduce() {
  for (int rounds = 0; rounds < 1000; ++rounds) {
    sql("update rolecall.observed set reduce_due_at = clock_timestamp() where reduce_due_at > "
        "clock_timestamp()");
    if (!reduce_once()) return;
  }
  throw std::runtime_error("the reducer never ends");
}

bool EventWorld::reduce_once() {
  return !loop_.run(store_->reduce(100, rolecall::reduce)).value().empty();
}

std::string EventWorld::outcome(int second) {
  return value(
      "select string_agg(coalesce(outcome, case when problem is null then 'waits' else "
      "'cannot be applied' end), ' ' order by family) from rolecall.inbox where event_id = $1",
      {fmt::format("event_{:04}", second)});
}

std::string EventWorld::roles_of(const std::string& user) {
  return value(
      "select case when bool_or(m.deleted_at is null) then coalesce(string_agg(r.slug, ' ' order "
      "by r.slug), '') else 'gone' end from rolecall.organization_memberships m left join lateral "
      "rolecall.roles_of(m.organization_id, m.workos_user_id) r on m.deleted_at is null "
      "where m.workos_user_id = $1",
      {"user_" + user});
}

std::string EventWorld::attention(const std::string& reason) {
  return value("select string_agg(detail, ' | ') from rolecall.attention where reason = $1",
               {reason});
}

}  // namespace rolecall::testing
