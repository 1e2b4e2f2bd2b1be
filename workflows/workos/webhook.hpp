// webhook.hpp -- is a webhook WorkOS's own, and which event does it announce? Pure.
// Owns:    its text; secrets as Secret.
// Thread:  values and pure functions.
// Fails:   never: what is not accepted has a verdict of its own, with the status to answer.
// Never:   reads a clock, shows a secret, or answers sooner for a better guess of a signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/time.hpp"
#include "worker/core/secret.hpp"

namespace rolecall::workos {

// Lower case, as HttpRequest holds header names.
constexpr const char* kSignatureHeader = "workos-signature";

// What a webhook is good for: something happened. The rest is read from the Events API.
struct WebhookNudge {
  std::string event_id{};
  std::string type{};        // any: one that nobody knows here is accepted too
  std::string created_at{};  // as it came; "" where it did not

  bool operator==(const WebhookNudge&) const = default;
};

// What makes a webhook believable.
struct WebhookTrust {
  std::vector<Secret> secrets{};  // while one is replaced by another, either may have signed
  Millis tolerance{180'000};      // how old a signature may be, and how far ahead of our clock
};

enum class WebhookResult {
  accepted,      // 204
  no_signature,  // 401: the header is missing or empty
  refused,       // 401: it is not WorkOS's, or not of now
  malformed,     // 400: WorkOS signed it, and it is no event
  too_large,     // 413: it was not read
};
std::string_view name_of(WebhookResult result);  // as the metric says it
int status_of(WebhookResult result);

struct WebhookVerdict {
  WebhookResult result = WebhookResult::refused;
  std::string_view reason{};  // of what is not accepted, in a word; for logs, not for the sender
  WebhookNudge nudge{};       // of what is accepted
};

// `signature` is the header's text, "t=<milliseconds since the epoch>, v1=<lower-case hex>"; `body`
// the bytes as they came, for those were signed: HMAC-SHA256 of "<t>.<body>" by a secret
// (https://workos.com/docs/events/data-syncing/webhooks).
WebhookVerdict judge_webhook(const WebhookTrust& trust, WallTime now,
                             std::optional<std::string_view> signature, std::string_view body);

}  // namespace rolecall::workos
