// http_client.hpp -- the way to WorkOS: HTTP/1.1 over TLS, kept open, every wait bounded.
// Owns:    its connections, the TLS context and the API key.
// Thread:  one executor, the one given. The clock must outlive the client; the client, its sends.
// Fails:   transient: no byte of the request left. in_doubt: at least one may have, and no whole
//          answer came (also when it is garbage or larger than the limit). Never throws.
// Never:   repeats a request, follows a redirect, trusts an unverified certificate, shows the key.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "worker/clock.hpp"
#include "worker/core/secret.hpp"
#include "worker/net/api_key.hpp"
#include "worker/net/http_connection_pool.hpp"
#include "worker/transport.hpp"

namespace rolecall {

struct HttpClientOptions {
  std::string base_url = "https://api.workos.com";
  Secret api_key{};
  std::string api_key_file{};  // where api_key came from; read again before calls. Empty: no file
  ApiKey::Listener on_key{};   // what came of that, where it is news
  std::string ca_file{};       // PEM: these authorities and no others; empty: the system's
  std::string user_agent = "rolecall";
  PoolLimits pool{};
  std::size_t max_answer_bytes = 4U << 20U;
};

class HttpClient final : public Transport {
 public:
  // bad_input: the URL, the key or the CA file cannot be used, and why.
  static Result<std::unique_ptr<HttpClient>> create(HttpClientOptions options, const Clock& clock,
                                                    boost::asio::any_io_executor executor);
  ~HttpClient() override;

  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                  MayLeave may_leave = always) override;
  PoolUse pool_use() const;

 private:
  struct Core;
  explicit HttpClient(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace rolecall
