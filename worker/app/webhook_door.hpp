// webhook_door.hpp -- where WorkOS's webhooks come in: answers them and says what happened.
// Owns:    the secrets that may have signed.
// Thread:  the HTTP server's executor; `nudged` is called there and must not block.
// Fails:   never; every refusal is an answer and one trace event.
// Never:   applies what a webhook says, waits for the database, or tells a sender what was wrong.
#pragma once

#include <functional>
#include <string_view>

#include "outbox/core/trace.hpp"
#include "worker/core/http.hpp"
#include "workflows/workos/webhook.hpp"

namespace rolecall {

class WebhookDoor {
 public:
  using Nudged = std::function<void(const workos::WebhookNudge&)>;

  WebhookDoor(workos::WebhookTrust trust, Observer& observer, Nudged nudged);

  // The path without its query.
  static bool is_at(std::string_view path);

  HttpResponse answer(const HttpRequest& request, WallTime now);
  // The server did not read it and has answered 413.
  void too_large(const HttpRequest& request);

 private:
  void tell(workos::WebhookResult result, std::string_view detail);

  workos::WebhookTrust trust_;
  Observer& observer_;
  Nudged nudged_;
};

}  // namespace rolecall
