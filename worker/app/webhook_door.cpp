#include "worker/app/webhook_door.hpp"

#include <optional>
#include <utility>

namespace rolecall {
namespace {

using workos::WebhookResult;

HttpResponse refusal(int status, const char* text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}, {"cache-control", "no-store"}},
          .body = text};
}

}  // namespace

WebhookDoor::WebhookDoor(workos::WebhookTrust trust, Observer& observer, Nudged nudged)
    : trust_(std::move(trust)), observer_(observer), nudged_(std::move(nudged)) {}

// The second is where an application may have been told of its events before; it need not be
// registered anew.
bool WebhookDoor::is_at(std::string_view path) {
  return path == "/webhooks/workos" || path == "/rpc/external.receiveWorkOSWebhook";
}

HttpResponse WebhookDoor::answer(const HttpRequest& request, WallTime now) {
  if (request.method != "POST") {
    auto refused = refusal(405, "only POST\n");
    refused.headers["allow"] = "POST";
    return refused;
  }
  const auto header = request.headers.find(workos::kSignatureHeader);
  const auto signature = header == request.headers.end()
                             ? std::nullopt
                             : std::optional<std::string_view>(header->second);
  const auto verdict = workos::judge_webhook(trust_, now, signature, request.body);
  const bool accepted = verdict.result == WebhookResult::accepted;
  tell(verdict.result, accepted ? verdict.nudge.type : verdict.reason);
  if (accepted) {
    nudged_(verdict.nudge);
    return {.status = status_of(verdict.result)};
  }
  return refusal(status_of(verdict.result), verdict.result == WebhookResult::malformed
                                                ? "this is no event\n"
                                                : "this is not signed as it should be\n");
}

void WebhookDoor::too_large(const HttpRequest& request) {
  if (is_at(request.path())) tell(WebhookResult::too_large, "");
}

void WebhookDoor::tell(WebhookResult result, std::string_view detail) {
  observer_.on({.what = Trace::webhook,
                .code = std::string(name_of(result)),
                .detail = std::string(detail)});
}

}  // namespace rolecall
