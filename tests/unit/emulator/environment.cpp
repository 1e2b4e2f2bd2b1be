// environment.cpp -- see environment.hpp.
#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {

namespace {

constexpr const char* kSeed = R"({
  "organizations": [{"id":"org_acme","name":"Acme"}, {"id":"org_beta","name":"Beta"}],
  "users": [{"id":"user_ada","email":"ada@example.com"},
            {"id":"user_bob","email":"bob@example.com"},
            {"id":"user_eve","email":"eve@example.com"}]})";

EmulatorOptions seeded(EmulatorOptions options) {
  options.seed_text = kSeed;
  options.model.started_at = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  return options;
}

}  // namespace

std::string Answer::text(std::string_view pointer) const {
  boost::system::error_code error;
  const boost::json::value* value = body.find_pointer(pointer, error);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
}

std::vector<std::string> Answer::texts(std::string_view list, std::string_view field) const {
  std::vector<std::string> all;
  for (const boost::json::value& item : at(list).as_array())
    all.emplace_back(item.at(field).as_string());
  return all;
}

Answer read(const HttpResponse& response) {
  Answer answer{.status = response.status, .headers = response.headers};
  if (!response.body.empty()) answer.body = boost::json::parse(response.body);
  return answer;
}

Environment::Environment() : Environment(EmulatorOptions{}) {}

Environment::Environment(EmulatorOptions options) : emulator_(seeded(std::move(options))) {}

Answer Environment::call(std::string method, std::string target, std::string body) {
  HttpRequest request{.method = std::move(method),
                      .target = std::move(target),
                      .headers = {{"authorization", "Bearer sk_test_x"}},
                      .body = std::move(body)};
  const Plan plan = emulator_.receive(request, now_);
  return read(plan.instead ? *plan.instead : emulator_.apply(plan, request, now_));
}

Answer Environment::edit(std::string method, std::string target, std::string body) {
  boost::json::object change{{"method", method}, {"path", target}};
  if (!body.empty()) change["body"] = boost::json::parse(body);
  return control("POST", "/_emulator/edit", boost::json::serialize(change));
}

Answer Environment::control(std::string method, std::string target, std::string body) {
  return read(emulator_.control(
      {.method = std::move(method), .target = std::move(target), .body = std::move(body)}, now_));
}

std::string Environment::create(std::string target, std::string body) {
  const Answer answer = call("POST", std::move(target), std::move(body));
  EXPECT_EQ(answer.status, 201) << boost::json::serialize(answer.body);
  return answer.text("/id");
}

void Environment::add_role(std::string organization, std::string slug) {
  create("/authorization/organizations/" + organization + "/roles",
         R"({"slug":")" + slug + R"(","name":"A role"})");
}

std::string Environment::add_member(std::string organization, std::string user, std::string role) {
  return create("/user_management/organization_memberships",
                R"({"organization_id":")" + organization + R"(","user_id":")" + user +
                    R"(","role_slug":")" + role + R"("})");
}

std::vector<std::string> Environment::new_events() {
  const std::vector<Event>& events = emulator_.state().events;
  std::vector<std::string> names;
  for (; seen_events_ < events.size(); ++seen_events_) names.push_back(events[seen_events_].name);
  return names;
}

boost::json::value Environment::last_event() {
  return boost::json::parse(emulator_.state().events.back().text);
}

}  // namespace rolecall::emulator
