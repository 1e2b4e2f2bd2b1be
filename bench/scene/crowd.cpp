#include "bench/scene/crowd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

namespace rolecall::bench {
namespace {

namespace json = boost::json;
using Roles = std::set<std::string>;

constexpr int kChunk = 2'000;
constexpr auto kRole =
    "(select 'role:global:' || id from rolecall.global_roles where workos_slug = '{}')";

Roles roles_in(const json::value& slugs) {
  Roles roles;
  for (const json::value& slug : slugs.as_array()) roles.insert(std::string(slug.as_string()));
  return roles;
}

std::map<std::string, Roles> local_members(testing::TestDatabase& db) {
  std::map<std::string, Roles> members;
  const auto rows = db.sql(
      "select m.workos_user_id, g.workos_slug from rolecall.organization_memberships m "
      "join rolecall.organization_role_assignments a on a.deleted_at is null "
      " and (a.organization_id, a.workos_user_id) = (m.organization_id, m.workos_user_id) "
      "join rolecall.global_roles g on 'role:global:' || g.id = a.role_urn "
      "where m.deleted_at is null");
  for (std::size_t i = 0; i < rows.size(); ++i)
    members[rows.text(i, "workos_user_id")].insert(rows.text(i, "workos_slug"));
  return members;
}

}  // namespace

Crowd::Crowd(testing::Stand& stand, int members) : stand_(stand), members_(members) {
  auto& db = stand_.db();
  db.sql("select rolecall.pause_provider('until all is due')");
  db.sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  for (const auto* slug : {"member", "editor"})
    db.sql("select rolecall.upsert_global_role($1, $1)", {slug});
  stand_.control("POST", "/_emulator/seed",
                 R"({"organizations":[{"id":"org_1","name":"Acme"}],"roles":[)"
                 R"({"slug":"member","name":"member"},{"slug":"editor","name":"editor"}]})");
  for (int first = 1; first <= members_; first += kChunk) {
    const int last = std::min(members_, first + kChunk - 1);
    std::string users;
    for (int n = first; n <= last; ++n)
      users += fmt::format(R"({}{{"id":"user_{}","email":"{}@example.com"}})",
                           n == first ? "" : ",", n, n);
    stand_.control("POST", "/_emulator/seed", R"({"users":[)" + users + "]}");
    db.sql(
        fmt::format("select rolecall.upsert_user('p' || n, n || '@example.com', 'user_' || n) "
                    "from generate_series({}, {}) n",
                    first, last));
  }
}

void Crowd::enqueue() {
  auto& db = stand_.db();
  for (int first = 1; first <= members_; first += kChunk)
    db.sql(
        fmt::format("select rolecall.add_member('acme', 'p' || n, array[{}]) "
                    "from generate_series({}, {}) n",
                    fmt::format(kRole, "member"), first, std::min(members_, first + kChunk - 1)));
  wait_until([&] { return db.value("select count(*) from rolecall.outbox") == "0"; }, 120,
             "every row is taken in");
  // As the database of a running installation would be, not one that was filled a second ago.
  db.sql("analyze");
}

void Crowd::go() {
  stand_.db().sql("select rolecall.resume_provider()");
}

void Crowd::change_some(int tenth) {
  constexpr int kAtOnce = 50;
  for (int first = tenth; first <= members_; first += 10 * kAtOnce)
    stand_.db().sql(fmt::format(
        "select rolecall.set_member_roles('acme', 'p' || n, array[{}]) "
        "from generate_series({}, {}, 10) n",
        fmt::format(kRole, "editor"), first, std::min(members_, first + 10 * kAtOnce - 1)));
}

int Crowd::owed() {
  return std::stoi(
      stand_.db().value("select (select count(*) from rolecall.lanes where state <> 'idle') + "
                        "(select count(*) from rolecall.outbox)"));
}

int Crowd::disputed() {
  return std::stoi(
      stand_.db().value("select count(*) from rolecall.convergence where state <> 'confirmed'"));
}

void Crowd::wait_until(const std::function<bool()>& holds, int within_s, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(within_s);
  std::mutex mutex;
  std::condition_variable never;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(fmt::format("not within {} s: {}", within_s, what));
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(250));
  }
}

int Crowd::differences() {
  auto local = local_members(stand_.db());
  const json::value state = json::parse(stand_.control("GET", "/_emulator/state"));
  int differences = 0;
  for (const json::value& membership : state.at("memberships").as_array()) {
    const auto known = local.find(std::string(membership.at("user_id").as_string()));
    if (known == local.end() || known->second != roles_in(membership.at("role_slugs")))
      ++differences;
    if (known != local.end()) local.erase(known);
  }
  return differences + static_cast<int>(local.size());
}

int Crowd::older_last(const CallLog& log) {
  const json::value state = json::parse(stand_.control("GET", "/_emulator/state"));
  std::map<std::string, std::string> user_of;  // of a membership
  for (const json::value& membership : state.at("memberships").as_array())
    user_of[std::string(membership.at("id").as_string())] =
        std::string(membership.at("user_id").as_string());
  std::map<std::string, Roles> last;
  for (const LoggedCall& write : writes_of(log)) {
    if (!write.applied) continue;
    const json::value said = json::parse(write.body);
    const json::value* user = said.as_object().if_contains("user_id");
    const auto whose = user != nullptr ? std::string(user->as_string())
                                       : user_of[write.path.substr(write.path.rfind('/') + 1)];
    last[whose] = roles_in(said.at("role_slugs"));
  }
  int older = 0;
  for (const auto& [user, roles] : local_members(stand_.db()))
    if (last[user] != roles) ++older;
  return older;
}

}  // namespace rolecall::bench
