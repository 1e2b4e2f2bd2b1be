// model.cpp -- see model.hpp.
#include "tests/emulator/model.hpp"

#include "tests/emulator/routes.hpp"
#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

void add_default_role(State& state, std::string slug, std::string name, WallTime now) {
  Role role;
  role.id = state.ids.make("role_", now);
  role.created_at = role.updated_at = now;
  role.slug = std::move(slug);
  role.name = std::move(name);
  state.roles.push_back(std::move(role));
}

// Absent bodies and empty ones are {}.
std::optional<json::object> read_body(const HttpRequest& request) {
  if (request.body.empty()) return json::object{};
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

Reply call_route(State& state, const HttpRequest& request, WallTime now, bool dashboard) {
  if (request.body.size() > kBodyLimit)
    return refusal(413, "payload_too_large", "The body may hold at most 1 MiB.");
  const std::optional<Match> match = find_route(request.method, request.target, dashboard);
  if (!match) return refusal(404, "not_found", "Cannot " + request.method + " " + request.target);
  const bool reads_body = request.method != "GET" && request.method != "DELETE";
  std::optional<json::object> body = reads_body ? read_body(request) : json::object{};
  if (!body) return refusal(400, "bad_request", "Problems parsing JSON");
  Call call{.state = state,
            .arguments = match->arguments,
            .query = Query{match->query},
            .body = std::move(*body),
            .now = whole_millis(now),
            .source = dashboard ? Source::dashboard : Source::api};
  return match->handler(call);
}

}  // namespace

WorkosModel::WorkosModel(ModelOptions options)
    : options_(std::move(options)),
      state_(options_.random_seed),
      request_ids_(options_.random_seed + 1) {
  state_.multiple_roles = options_.multiple_roles;
  state_.event_delay = options_.event_delay;
  add_default_role(state_, "admin", "Admin", whole_millis(options_.started_at));
  add_default_role(state_, "member", "Member", whole_millis(options_.started_at));
}

bool WorkosModel::authorised(const HttpRequest& request) const {
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end() || !header->second.starts_with("Bearer ")) return false;
  const std::string_view key = std::string_view{header->second}.substr(7);
  return options_.api_key.empty() ? key.starts_with("sk_test_") : key == options_.api_key;
}

HttpResponse WorkosModel::handle(const HttpRequest& request, WallTime now) {
  return run(request, now, false);
}

HttpResponse WorkosModel::edit(const HttpRequest& request, WallTime now) {
  return run(request, now, true);
}

std::string WorkosModel::make_request_id(WallTime now) {
  return request_ids_.make("req_", now);
}

HttpResponse WorkosModel::run(const HttpRequest& request, WallTime now, bool dashboard) {
  Reply reply = dashboard || authorised(request) ? call_route(state_, request, now, dashboard)
                                                 : refusal(401, "unauthorized", "Unauthorized");
  HttpResponse response{.status = reply.status, .body = std::move(reply.body)};
  response.headers["x-request-id"] = make_request_id(now);
  if (!response.body.empty()) response.headers["content-type"] = "application/json; charset=utf-8";
  return response;
}

}  // namespace rolecall::emulator
