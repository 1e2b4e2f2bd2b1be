#include "worker/app/wiring.hpp"

#include <unistd.h>

#include <array>

namespace rolecall {

Millis asked_statement_timeout(const Config& config) {
  return config.poll_only ? Millis{0} : kStatementTimeout;
}

HttpClientOptions client_options(const Config& config) {
  HttpClientOptions options{.base_url = config.workos_base_url,
                            .api_key = config.workos_api_key,
                            .api_key_file = config.workos_api_key_file,
                            .ca_file = config.ca_file,
                            .user_agent = "rolecall/" ROLECALL_VERSION};
  // Every delivery and read that may be in flight has its connection, and the roles' look one more.
  options.pool.max_connections = static_cast<std::size_t>(config.limits.concurrency) + 1;
  return options;
}

PgStoreOptions store_options(const Config& config, Observer& observer,
                             boost::asio::any_io_executor executor) {
  return {.database_url = config.database_url.reveal(),
          .connections = config.database_connections,
          .statement_timeout = kStatementTimeout,
          .poll_only = config.poll_only,
          .observer = &observer,
          .executor = std::move(executor)};
}

workos::WebhookTrust webhook_trust(const Config& config) {
  return {.secrets = config.webhook_secrets,
          .tolerance = std::chrono::seconds{config.webhook_tolerance_s}};
}

SessionRequest session_request() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return {.program_version = ROLECALL_VERSION,
          .host = host.data(),
          .process_id = static_cast<int>(::getpid())};
}

}  // namespace rolecall
