// health.hpp -- what /healthz, /readyz and /metrics answer, and who answers webhooks. Pure.
// Owns:    its text; a HealthObserver refers to the Health that it keeps.
// Thread:  values and pure functions.
// Fails:   never; an unknown path is 404, another method than GET or HEAD is 405.
// Never:   asks the database; the newest look is given.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "outbox/core/trace.hpp"
#include "worker/core/http.hpp"

namespace rolecall {

struct Health {
  // Why the database or its schema is out of reach; none: it answered at the newest look.
  std::optional<std::string> unreachable = "not looked at the database yet";
  std::string provider_state{};   // "" before the first look
  std::string provider_detail{};  // why it is not up, for people
  bool draining = false;
};

// Keeps the Health by what the engine sees: whether its statements are answered, and how the
// provider changes; calls `changed` then.
class HealthObserver final : public Observer {
 public:
  explicit HealthObserver(Health& health, std::function<void()> changed = {})
      : health_(health), changed_(std::move(changed)) {}
  void on(const TraceEvent& event) override;

 private:
  Health& health_;
  std::function<void()> changed_;
};

// Not ready only when the database or its schema is out of reach: a paused or unauthorised provider
// is a
// reason, not a failure.
HttpResponse ready_answer(const Health& health);

struct Routes {
  std::function<Health()> health;
  std::function<std::string()> metrics;
  std::function<HttpResponse(const HttpRequest&)> webhook{};  // any method
};
HttpResponse route(const Routes& routes, const HttpRequest& request);

}  // namespace rolecall
