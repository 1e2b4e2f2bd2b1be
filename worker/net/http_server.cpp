#include "worker/net/http_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <list>
#include <optional>

#include "outbox/task.hpp"
#include "worker/net/address.hpp"
#include "worker/net/errors.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// accept() fails while the process has no descriptor left; trying at once again would only spin.
constexpr Millis kAcceptPause{100};
constexpr Millis kLeaveTime{1'000};
constexpr std::size_t kMaxUnreadBytes = 4U << 20U;

HttpRequest request_of(http::request<http::string_body>&& message) {
  HttpRequest request{.method = std::string(message.method_string()),
                      .target = std::string(message.target())};
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    auto& value = request.headers[name];
    if (!value.empty()) value += ", ";
    value += field.value();
  }
  request.body = std::move(message.body());
  return request;
}

http::response<http::string_body> message_of(HttpResponse&& answer, bool keep_alive) {
  http::response<http::string_body> message;
  message.version(11);
  message.result(static_cast<unsigned>(answer.status));
  for (const auto& [name, value] : answer.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.body() = std::move(answer.body);
  // A 204 has no length (RFC 9110, 8.6).
  if (answer.status != 204) message.prepare_payload();
  return message;
}

HttpResponse plain(int status, std::string text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"}},
          .body = std::move(text) + "\n"};
}

// What to say to a request that could not be read; none: the other side is gone or too slow.
std::optional<HttpResponse> refusal(const beast::error_code& error) {
  if (error == http::error::body_limit)
    return plain(413, "the body is larger than this server reads");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return plain(431, "the header is larger than this server reads");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == make_error_code(http::error::bad_version).category())
    return plain(400, "this is no HTTP request");
  return std::nullopt;
}

}  // namespace

struct HttpServer::Core : std::enable_shared_from_this<HttpServer::Core> {
  struct Connection {
    explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
    beast::tcp_stream stream;
    std::uint64_t body_bytes = 0;  // of the request that arrives, as far as its header says
    bool being_answered = false;   // it waits for us; otherwise we wait for the other side
    bool closed = false;
  };
  using Place = std::list<Connection>::iterator;
  using Parser = http::request_parser<http::string_body>;

  Core(HttpServerOptions o, const asio::any_io_executor& e)
      : options(std::move(o)), executor(e), acceptor(e), pause(e) {}

  HttpServerOptions options;
  asio::any_io_executor executor;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::string address{};
  // By when each began to wait for its next request: the longest idle is the first.
  std::list<Connection> connections{};
  std::size_t closed = 0;  // of them, only not ended yet
  bool stopped = false;

  boost::system::error_code bind(const ListenAddress& at) {
    const tcp::endpoint endpoint(asio::ip::make_address(at.host), at.port);
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    const auto bound = acceptor.local_endpoint(error);
    address = host_and_port(bound.address().to_string(), bound.port());
    return error;
  }

  bool make_room();
  void make_room_for_body_of(const Connection& newest);
  void close(Connection& connection);
  static Task<void> accept(std::shared_ptr<Core> core);
  static Task<void> serve(std::shared_ptr<Core> core, Place at);
  static Task<void> take_leave(beast::tcp_stream& stream);
  static Task<bool> answer(Core& core, Connection& connection, beast::flat_buffer& buffer);
  static Task<beast::error_code> read(Core& core, Connection& connection,
                                      beast::flat_buffer& buffer, Parser& parser);
  static Task<HttpResponse> handled(Core& core, Connection& connection, HttpRequest request);
};

// Who holds a connection without asking anything must not keep out who asks. How slowly a request
// comes makes nobody younger; a whole one does.
bool HttpServer::Core::make_room() {
  if (connections.size() - closed < options.limits.max_connections) return true;
  const auto idle = std::ranges::find_if(
      connections, [](const Connection& each) { return !each.being_answered && !each.closed; });
  if (idle == connections.end()) return false;
  close(*idle);
  return true;
}

// Nor may they take up memory by what they announce. Who asks for little is not in the way.
void HttpServer::Core::make_room_for_body_of(const Connection& newest) {
  const auto held = [&](const Connection& each) {
    return &each == &newest || each.being_answered || each.closed ? 0 : each.body_bytes;
  };
  std::uint64_t total = 0;
  for (const auto& each : connections) total += each.closed ? 0 : each.body_bytes;
  while (total > options.limits.max_bodies_bytes) {
    const auto largest = std::ranges::max_element(connections, {}, held);
    if (held(*largest) == 0) return;
    total -= largest->body_bytes;
    close(*largest);
  }
}

void HttpServer::Core::close(Connection& connection) {
  connection.closed = true;
  ++closed;
  connection.stream.close();
}

Task<void> HttpServer::Core::accept(std::shared_ptr<Core> core) {
  while (!core->stopped) {
    auto [error, socket] = co_await core->acceptor.async_accept(kTuple);
    if (core->stopped) co_return;
    if (error) {
      core->pause.expires_after(kAcceptPause);
      co_await core->pause.async_wait(kTuple);
      continue;
    }
    // Without room the socket ends here, which closes it.
    if (!core->make_room()) continue;
    core->connections.emplace_back(std::move(socket));
    asio::co_spawn(core->executor, serve(core, std::prev(core->connections.end())), asio::detached);
  }
}

Task<void> HttpServer::Core::serve(std::shared_ptr<Core> core, Place at) {
  struct Leave {
    Core& core;
    Place at;
    ~Leave() {
      core.closed -= static_cast<std::size_t>(at->closed);
      core.connections.erase(at);
    }
  } const leave{*core, at};
  beast::flat_buffer buffer;
  while (!core->stopped && !at->closed && co_await answer(*core, *at, buffer))
    core->connections.splice(core->connections.end(), core->connections, at);
  co_await take_leave(at->stream);
}

// Closing with unread bytes would reset the connection, and the last answer with it.
Task<void> HttpServer::Core::take_leave(beast::tcp_stream& stream) {
  beast::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream.expires_after(kLeaveTime);
  std::array<char, 16U << 10U> unread{};
  for (std::size_t total = 0; total < kMaxUnreadBytes;) {
    auto [error, read] = co_await stream.async_read_some(asio::buffer(unread), kTuple);
    if (error) co_return;
    total += read;
  }
}

Task<HttpResponse> HttpServer::Core::handled(Core& core, Connection& connection,
                                             HttpRequest request) {
  connection.being_answered = true;
  if (core.options.before) co_await core.options.before(request);
  connection.being_answered = false;
  if (core.stopped) co_return HttpResponse{};
  co_return core.options.handler(request);
}

// The header, then the body, for which there must be room.
Task<beast::error_code> HttpServer::Core::read(Core& core, Connection& connection,
                                               beast::flat_buffer& buffer, Parser& parser) {
  const auto& limits = core.options.limits;
  parser.header_limit(limits.max_header_bytes);
  parser.body_limit(limits.max_body_bytes);
  connection.stream.expires_after(limits.idle_timeout);
  auto [bad_header, header] =
      co_await http::async_read_header(connection.stream, buffer, parser, kTuple);
  if (bad_header) co_return bad_header;
  connection.body_bytes =
      parser.chunked() ? limits.max_body_bytes : parser.content_length().value_or(0);
  core.make_room_for_body_of(connection);
  auto [bad_body, body] = co_await http::async_read(connection.stream, buffer, parser, kTuple);
  co_return bad_body;
}

// One request and its answer; false: the connection is over.
Task<bool> HttpServer::Core::answer(Core& core, Connection& connection,
                                    beast::flat_buffer& buffer) {
  auto& stream = connection.stream;
  Parser parser;
  const auto error = co_await read(core, connection, buffer, parser);
  if (core.stopped) co_return false;
  auto said = refusal(error);
  if (error && !said) co_return false;
  const bool keep_alive = !error && parser.get().keep_alive();
  const bool head = !error && parser.get().method() == http::verb::head;
  if (error == http::error::body_limit && core.options.too_large)
    core.options.too_large({.method = std::string(parser.get().method_string()),
                            .target = std::string(parser.get().target())});
  if (!said) said = co_await handled(core, connection, request_of(parser.release()));
  connection.body_bytes = 0;
  if (core.stopped) co_return false;
  auto message = message_of(*std::move(said), keep_alive);
  if (head) message.body().clear();  // content-length still says what GET would bring
  stream.expires_after(core.options.limits.idle_timeout);
  auto [failed, written] = co_await http::async_write(stream, message, kTuple);
  co_return !failed && keep_alive;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options,
                                                      asio::any_io_executor executor) {
  const auto at = parse_listen_address(options.listen);
  if (!at) {
    auto failure = at.error();
    failure.detail += " (" + options.flag + ")";
    return failure;
  }
  auto core = std::make_shared<Core>(std::move(options), executor);
  if (const auto error = core->bind(*at))
    return listen_failure(error, host_and_port(at->host, at->port), core->options.flag);
  asio::co_spawn(executor, Core::accept(core), asio::detached);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

HttpServer::HttpServer(std::shared_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() {
  stop();
}

const std::string& HttpServer::address() const {
  return core_->address;
}

void HttpServer::stop() {
  if (std::exchange(core_->stopped, true)) return;
  boost::system::error_code ignored;
  core_->acceptor.close(ignored);
  core_->pause.cancel();
  for (auto& connection : core_->connections) connection.stream.close();
}

}  // namespace rolecall
