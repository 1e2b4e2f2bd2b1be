// wiring.hpp -- settings into the options of adapters, and several observers into one.
// Owns:    nothing.
// Thread:  pure functions; Observers as its members.
// Fails:   never.
// Never:   chooses: every choice is a setting.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "outbox/pg/pg_store.hpp"
#include "worker/app/config.hpp"
#include "worker/net/http_client.hpp"
#include "workflows/workos/webhook.hpp"

namespace rolecall {

class Observers final : public Observer {
 public:
  explicit Observers(std::vector<Observer*> members) : members_(std::move(members)) {}
  void on(const TraceEvent& event) override {
    for (auto* member : members_) member->on(event);
  }

 private:
  std::vector<Observer*> members_;
};

constexpr Millis kStatementTimeout{5'000};

// What the connections that are not the pool's ask for: nothing behind a transaction pooler.
Millis asked_statement_timeout(const Config& config);

HttpClientOptions client_options(const Config& config);
PgStoreOptions store_options(const Config& config, Observer& observer,
                             boost::asio::any_io_executor executor);
workos::WebhookTrust webhook_trust(const Config& config);
SessionRequest session_request();

}  // namespace rolecall
