// http_server.hpp -- a small HTTP server for health, metrics and webhooks.
// Owns:    its listening socket and its connections.
// Thread:  one executor, the one given; the handler runs there and must not block.
// Fails:   start() answers bad_input when the address cannot be had; bad requests are answered 4xx.
// Never:   prints, logs, or holds more than its limits allow.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "outbox/core/failure.hpp"
#include "outbox/task.hpp"
#include "worker/core/http.hpp"

namespace rolecall {

struct HttpServerLimits {
  std::uint32_t max_header_bytes = 8U << 10U;   // 431 above
  std::uint64_t max_body_bytes = 1U << 20U;     // 413 above
  std::uint64_t max_bodies_bytes = 16U << 20U;  // of all that arrive: above, the largest makes room
  std::size_t max_connections = 256;            // above, whoever is idle longest makes room
  Millis idle_timeout{10'000};  // for a whole request to arrive, or its answer to leave
};

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";  // port 0 picks a free one
  std::string flag = "--listen";       // named when the address cannot be had
  HttpServerLimits limits{};
  std::function<HttpResponse(const HttpRequest&)> handler{};
  // Awaited before the handler, for what it needs and must not wait for; empty: nothing is.
  std::function<Task<void>(const HttpRequest&)> before{};
  // Told of a request whose body is too large to be read, which is answered 413: its method and
  // its target, nothing else.
  std::function<void(const HttpRequest&)> too_large{};
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options,
                                                   boost::asio::any_io_executor executor);
  ~HttpServer();  // stops

  // host:port as bound.
  const std::string& address() const;
  // Closes the listening socket and every connection; the handler is not called again.
  void stop();

 private:
  struct Core;
  explicit HttpServer(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace rolecall
