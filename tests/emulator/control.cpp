// control.cpp -- /_emulator/*: how tests set the stage, break things and look.
#include <fmt/format.h>

#include <charconv>

#include "tests/emulator/emulator.hpp"
#include "tests/emulator/families.hpp"
#include "tests/emulator/snapshot.hpp"

namespace rolecall::emulator {

namespace {

HttpResponse respond(Reply reply) {
  HttpResponse response{.status = reply.status, .body = std::move(reply.body)};
  if (!response.body.empty()) response.headers["content-type"] = "application/json; charset=utf-8";
  return response;
}

HttpResponse done() {
  return respond(answer(200, {{"ok", true}}));
}

HttpResponse misused(std::string_view message) {
  return respond(refusal(400, "bad_control_request", message));
}

std::string text_of(const json::object& object, std::string_view name, std::string fallback) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : fallback;
}

std::optional<int> number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<int>();
}

// {"match":{"method","path"},"action",...}; or what is wrong with it.
std::variant<FaultRule, std::string> read_fault(const json::value& value) {
  if (!value.is_object()) return "a fault is an object";
  const json::object& object = value.get_object();
  FaultRule rule;
  if (const json::value* match = object.if_contains("match"); match && match->is_object()) {
    rule.method = text_of(match->get_object(), "method", rule.method);
    rule.path = text_of(match->get_object(), "path", rule.path);
  }
  const std::string name = text_of(object, "action", "");
  const auto action = fault_action_of(name);
  if (!action) return fmt::format("no action is called \"{}\"", name);
  rule.action = *action;
  rule.status = number_of(object, "status").value_or(rule.status);
  rule.retry_after = number_of(object, "retry_after");
  rule.count = number_of(object, "count");
  rule.delay = Millis{number_of(object, "delay_ms").value_or(0)};
  if (const json::value* chance = object.if_contains("probability"); chance && chance->is_number())
    rule.probability = chance->to_number<double>();
  return rule;
}

HttpResponse add_faults(Faults& faults, const json::value& body) {
  json::array several;
  if (body.is_array())
    several = body.get_array();
  else
    several.push_back(body);
  for (const json::value& each : several) {
    auto read = read_fault(each);
    if (const std::string* wrong = std::get_if<std::string>(&read)) return misused(*wrong);
    if (const auto wrong = faults.add(std::get<FaultRule>(read))) return misused(*wrong);
  }
  return done();
}

HttpResponse list_faults(const Faults& faults) {
  json::array all;
  for (const LoadedRule& loaded : faults.rules())
    all.push_back({{"method", loaded.rule.method},
                   {"path", loaded.rule.path},
                   {"action", name_of(loaded.rule.action)},
                   {"fired", loaded.fired}});
  return respond(answer(200, {{"faults", std::move(all)}}));
}

HttpResponse show_log(const std::deque<LoggedRequest>& log, const Query& query) {
  std::uint64_t after = 0;
  const std::string text = query.one("after").value_or("0");
  std::from_chars(text.data(), text.data() + text.size(), after);
  json::array requests;
  for (const LoggedRequest& entry : log) {
    if (entry.seq <= after) continue;
    json::object object{{"seq", entry.seq},
                        {"at", format_time(entry.at)},
                        {"method", entry.request.method},
                        {"path", entry.request.target},
                        {"body", entry.request.body},
                        {"status", entry.status},
                        {"applied", entry.applied}};
    if (!entry.fault.empty()) object["fault"] = entry.fault;
    const auto key = entry.request.headers.find("idempotency-key");
    if (key != entry.request.headers.end()) object["idempotency_key"] = key->second;
    requests.push_back(std::move(object));
  }
  return respond(answer(200, {{"requests", std::move(requests)}}));
}

// Reads {"um_write":[500,10],...} over what is there; false when it is no such thing.
bool read_limits(const json::value& value, RateLimitSettings& settings) {
  if (!value.is_object()) return false;
  settings.on = true;
  for (const auto& [name, pair] : value.get_object()) {
    if (!settings.limits.contains(std::string{name}) || !pair.is_array()) return false;
    const json::array& numbers = pair.get_array();
    if (numbers.size() != 2 || !numbers[0].is_int64() || !numbers[1].is_int64()) return false;
    settings.limits[std::string{name}] = {numbers[0].to_number<int>(), numbers[1].to_number<int>()};
  }
  return true;
}

}  // namespace

bool Emulator::is_control(const HttpRequest& request) {
  return request.target.starts_with("/_emulator/");
}

// One endpoint, or none; what happened before is not told to a new one.
void Emulator::configure_webhook(const json::value& webhook, WallTime now) {
  take_webhooks();
  webhook_.reset();
  state().webhook_endpoints = {};
  if (!webhook.is_object()) return;
  const json::object& object = webhook.get_object();
  webhook_ = Webhook{text_of(object, "url", ""), text_of(object, "secret", "")};
  WebhookEndpoint endpoint;
  endpoint.id = state().ids.make("we_", now);
  endpoint.created_at = endpoint.updated_at = now;
  endpoint.url = webhook_->url;
  endpoint.secret = webhook_->secret;
  for (const std::string_view name : event_names()) endpoint.events.emplace_back(name);
  state().webhook_endpoints.add(std::move(endpoint));
}

HttpResponse Emulator::configure(const HttpRequest& request, WallTime now) {
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error || !body.is_object()) return misused("the configuration must be a JSON object");
  const json::object& object = body.get_object();
  if (const json::value* limits = object.if_contains("rate_limits")) {
    RateLimitSettings settings = rate_limits_.settings();
    if (limits->is_bool())
      settings.on = limits->get_bool();
    else if (limits->is_string())
      settings.on = limits->get_string() != "off";
    else if (!read_limits(*limits, settings))
      return misused("rate_limits must be like {\"um_write\":[500,10]}");
    rate_limits_.configure(std::move(settings));
  }
  if (const auto delay = number_of(object, "event_delay_ms")) state().event_delay = Millis{*delay};
  if (const json::value* multiple = object.if_contains("multiple_roles"); multiple != nullptr)
    state().multiple_roles = *multiple == true;
  if (const auto slug = text_of(object, "default_role_slug", ""); !slug.empty())
    state().default_role_slug = slug;
  if (const auto offset = number_of(object, "date_offset_s"))
    date_offset_ = std::chrono::seconds{*offset};
  if (const json::value* webhook = object.if_contains("webhook")) configure_webhook(*webhook, now);
  return done();
}

HttpResponse Emulator::control(const HttpRequest& request, WallTime now) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const std::string call = request.method + path.substr(std::string_view{"/_emulator"}.size());
  if (call == "GET/state") return respond(answer(200, snapshot(state())));
  if (call == "GET/faults") return list_faults(faults_);
  if (call == "GET/log") {
    const std::size_t mark = request.target.find('?');
    return show_log(log_, Query{mark == std::string::npos ? "" : request.target.substr(mark + 1)});
  }
  if (call == "POST/reset") {
    reset(now);
    return done();
  }
  if (call == "DELETE/faults") {
    faults_.clear();
    return done();
  }
  if (call == "POST/config") return configure(request, now);
  if (call == "POST/seed") {
    const auto wrong = request.body.empty() ? "the seed is empty" : seed(request.body, now);
    return wrong ? misused(*wrong) : done();
  }
  if (call != "POST/faults" && call != "POST/outage" && call != "POST/edit")
    return respond(
        refusal(404, "not_found", "The control face has no " + request.method + " " + path));
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error) return misused("the body must be JSON");
  if (call == "POST/faults") return add_faults(faults_, body);
  if (!body.is_object()) return misused("the body must be a JSON object");
  if (call == "POST/outage") {
    const json::value* seconds = body.get_object().if_contains("seconds");
    if (seconds == nullptr || !seconds->is_number()) return misused("seconds must be a number");
    outage_until_ = now + std::chrono::duration_cast<std::chrono::microseconds>(
                              std::chrono::duration<double>{seconds->to_number<double>()});
    return done();
  }
  const json::value* change = body.get_object().if_contains("body");
  const bool bare = change == nullptr || change->is_null();
  return model_.edit({.method = text_of(body.get_object(), "method", ""),
                      .target = text_of(body.get_object(), "path", ""),
                      .body = bare ? "" : json::serialize(*change)},
                     now);
}

}  // namespace rolecall::emulator
