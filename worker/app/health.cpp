#include "worker/app/health.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "worker/app/webhook_door.hpp"

namespace rolecall {
namespace {

HttpResponse answer(int status, const char* type, std::string body) {
  return {.status = status,
          .headers = {{"content-type", type}, {"cache-control", "no-store"}},
          .body = std::move(body)};
}

HttpResponse text(int status, const char* body) {
  return answer(status, "text/plain; charset=utf-8", body);
}

// The store tells of each statement under this name, and the engine, which does not know its end,
// without.
constexpr std::string_view kStoresOwn = "pg.";

// The database, its schema, or the right to use it. One statement that waits too long for a lock is
// none of these.
bool out_of_reach(const TraceEvent& event) {
  if (event.failure == FailureClass::unavailable || event.failure == FailureClass::bad_input)
    return true;
  return event.code == "42P01" || event.code == "42883" || event.code == "3F000";
}

}  // namespace

void HealthObserver::on(const TraceEvent& event) {
  if (event.what == Trace::store_failed && out_of_reach(event)) health_.unreachable = event.detail;
  if (event.what == Trace::statement && event.code.starts_with(kStoresOwn) && !event.failure)
    health_.unreachable.reset();
  if (event.what != Trace::provider_changed) return;
  health_.provider_state = event.code;
  health_.provider_detail = event.detail;
  if (changed_) changed_();
}

HttpResponse ready_answer(const Health& health) {
  boost::json::object body;
  body["ready"] = !health.unreachable.has_value();
  if (health.unreachable) body["reason"] = *health.unreachable;
  if (!health.provider_state.empty()) {
    body["provider"] = health.provider_state;
    if (health.provider_state != "up" && !health.unreachable) {
      auto reason = "the provider is " + health.provider_state;
      if (!health.provider_detail.empty()) reason += ": " + health.provider_detail;
      body["reason"] = std::move(reason);
    }
  }
  if (health.draining) body["draining"] = true;
  return answer(health.unreachable ? 503 : 200, "application/json",
                boost::json::serialize(body) + "\n");
}

HttpResponse route(const Routes& routes, const HttpRequest& request) {
  const auto path = request.path();
  if (WebhookDoor::is_at(path)) return routes.webhook(request);
  if (path != "/healthz" && path != "/readyz" && path != "/metrics")
    return text(404, "not found; here are /healthz, /readyz, /metrics and /webhooks/workos\n");
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = text(405, "only GET and HEAD\n");
    refused.headers["allow"] = "GET, HEAD";
    return refused;
  }
  if (path == "/healthz") return text(200, "ok\n");
  if (path == "/readyz") return ready_answer(routes.health());
  return answer(200, "text/plain; version=0.0.4; charset=utf-8", routes.metrics());
}

}  // namespace rolecall
