#include "worker/app/environment_roles.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "worker/app/statement.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<std::vector<EnvironmentRole>> environment_roles_in(const HttpResponse& answer) {
  if (!workos::is_success(answer)) return workos::failure_of(answer);
  json::error_code error;
  const auto document = json::parse(answer.body, error);
  const auto* object = error ? nullptr : document.if_object();
  const auto* data = object != nullptr ? object->if_contains("data") : nullptr;
  if (data == nullptr || !data->is_array())
    return workos::garbage_answer(answer, "no list of roles");
  std::vector<EnvironmentRole> roles;
  for (const auto& entry : data->get_array()) {
    const auto* role = entry.if_object();
    if (role == nullptr) return workos::garbage_answer(answer, "no list of roles");
    const auto type = text_in(*role, "type");
    if (!type.empty() && type != "EnvironmentRole") continue;
    EnvironmentRole found{.slug = text_in(*role, "slug"), .name = text_in(*role, "name")};
    if (found.slug.empty()) return workos::garbage_answer(answer, "a role without a slug");
    if (found.name.empty()) found.name = found.slug;
    roles.push_back(std::move(found));
  }
  return roles;
}

Task<Result<std::vector<EnvironmentRole>>> fetch_environment_roles(Transport& transport,
                                                                   Instant deadline) {
  const auto answer = co_await transport.send(workos::list_environment_roles(), deadline);
  if (!answer) co_return answer.error();
  co_return environment_roles_in(*answer);
}

Result<void> store_environment_roles(Database& database,
                                     const std::vector<EnvironmentRole>& roles) {
  for (const auto& role : roles) {
    const auto stored = database.run(statement("upsert_global_role"), {role.slug, role.name});
    if (!stored) return stored.error();
  }
  return {};
}

}  // namespace rolecall
