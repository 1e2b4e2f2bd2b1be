// webhooks.hpp -- events pushed to an application's endpoint.
// Owns:    nothing.
// Thread:  the executor that awaits it.
// Fails:   quietly, when the last retry has failed too: WorkOS does not say so either.
// Never:   sends anywhere but plain http on this machine.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "tests/emulator/emulator.hpp"

namespace rolecall::emulator {

struct WebhookRetries {
  int most = 6;
  Millis first{250};  // doubled each time
};

// POSTs until a 2xx came back; signed anew each time.
boost::asio::awaitable<void> deliver_webhook(WebhookDelivery delivery, WebhookRetries retries);

}  // namespace rolecall::emulator
