#include "tests/demo/seed.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "tests/demo/traffic.hpp"
#include "tests/support/http.hpp"

namespace rolecall::demo {

namespace json = boost::json;

std::string control(const std::string& emulator, const std::string& method, const std::string& path,
                    const std::string& body) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.body = body;
  if (!body.empty()) request.headers["content-type"] = "application/json";
  auto response = testing::http(emulator, request);
  if (response.status >= 300)
    throw std::runtime_error(
        fmt::format("{} {} answered {}: {}", method, path, response.status, response.body));
  return std::move(response.body);
}

void seed(const Plan& plan, Database& database, const std::string& emulator) {
  // Short spans, so that doubts are over while somebody watches.
  must(database.run(
      "update rolecall.provider_control set send_window_ms = 20000, visibility_ms = 1000"));
  json::array organizations, users;
  for (int i = 0; i < plan.organizations; ++i) {
    organizations.push_back({{"id", workos_organization_id(i)}, {"name", organization_id(i)}});
    must(database.run("select rolecall.upsert_organization($1, $2, $3)",
                      {organization_id(i), organization_id(i), workos_organization_id(i)}));
  }
  for (int i = 0; i < plan.members; ++i) {
    const auto email = user_id(i) + "@example.com";
    users.push_back({{"id", workos_user_id(i)}, {"email", email}});
    must(database.run("select rolecall.upsert_user($1, $2, $3)",
                      {user_id(i), email, workos_user_id(i)}));
  }
  control(emulator, "POST", "/_emulator/seed",
          json::serialize(json::object{{"organizations", organizations}, {"users", users}}));
}

Rows must(Result<Rows> rows) {
  if (!rows) throw std::runtime_error(rows.error().code + " " + rows.error().detail);
  return std::move(*rows);
}

}  // namespace rolecall::demo
