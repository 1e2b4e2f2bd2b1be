#include "worker/app/health.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace rolecall {
namespace {

// One lost statement, or one slow connection, is no outage.
constexpr Millis kPatience{5'000};

std::optional<std::int64_t> too_long(Instant now, const std::optional<Instant>& since) {
  if (!since || now - *since <= kPatience) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(now - *since).count();
}

HttpResponse answer(int status, const char* type, std::string body) {
  return {.status = status,
          .headers = {{"content-type", type}, {"cache-control", "no-store"}},
          .body = std::move(body)};
}

HttpResponse text(int status, const char* body) {
  return answer(status, "text/plain; charset=utf-8", body);
}

}  // namespace

void HealthObserver::on(const TraceEvent& event) {
  if (event.what != Trace::provider_changed) return;
  health_.provider_state = event.code;
  health_.provider_detail = event.detail;
}

Health at(Instant now, Health newest, const Waits& waits) {
  if (newest.unreachable) return newest;
  if (const auto seconds = too_long(now, waits.look_since))
    newest.unreachable = fmt::format("the database has not answered for {} s", *seconds);
  else if (const auto failing = too_long(now, waits.store_failing_since))
    newest.unreachable = fmt::format("no statement has succeeded for {} s; see the log", *failing);
  return newest;
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
  const auto path = request.target.substr(0, request.target.find('?'));
  if (path != "/healthz" && path != "/readyz" && path != "/metrics")
    return text(404, "not found; here are /healthz, /readyz and /metrics\n");
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
