// webhook_endpoints.cpp -- where the environment sends its webhooks.
#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

Reply list_webhook_endpoints(Call& call) {
  std::vector<WebhookEndpoint*> rows;
  for (auto& [position, endpoint] : call.state.webhook_endpoints.rows()) rows.push_back(&endpoint);
  return list_page(call.query, call.state.webhook_endpoints, std::move(rows),
                   [](const WebhookEndpoint& endpoint) { return document(endpoint); });
}

}  // namespace rolecall::emulator
