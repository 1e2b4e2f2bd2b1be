// health.hpp -- what /healthz, /readyz and /metrics answer. Pure.
// Owns:    its text; a HealthObserver refers to the Health that it keeps.
// Thread:  values and pure functions.
// Fails:   never; an unknown path is 404, another method than GET or HEAD is 405.
// Never:   asks the database; the newest look is given.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "outbox/core/time.hpp"
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

// Tells of the provider's changes as the engine sees them, between two looks at the database.
class HealthObserver final : public Observer {
 public:
  explicit HealthObserver(Health& health) : health_(health) {}
  void on(const TraceEvent& event) override;

 private:
  Health& health_;
};

// What has been so for a while, as the answer is given.
struct Waits {
  std::optional<Instant> look_since{};           // the look under way began; none: there is none
  std::optional<Instant> store_failing_since{};  // EngineStatus
};
// A look that hangs and a store that only fails make the newest look's answer a thing of the past.
Health at(Instant now, Health newest, const Waits& waits);

// Not ready only when the database or its schema is out of reach: a paused or unauthorised provider
// is a
// reason, not a failure.
HttpResponse ready_answer(const Health& health);

struct Routes {
  std::function<Health()> health;
  std::function<std::string()> metrics;
};
HttpResponse route(const Routes& routes, const HttpRequest& request);

}  // namespace rolecall
