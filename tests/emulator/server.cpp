// server.cpp -- see server.hpp.
#include "tests/emulator/server.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <thread>

#include "tests/emulator/times.hpp"
#include "tests/emulator/webhooks.hpp"

namespace rolecall::emulator {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

HttpRequest as_value(http::request<http::string_body>&& message) {
  HttpRequest request{.method = std::string{message.method_string()},
                      .target = std::string{message.target()},
                      .body = std::move(message.body())};
  for (const auto& field : message) {
    std::string name{field.name_string()};
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    request.headers[std::move(name)] = std::string{field.value()};
  }
  return request;
}

http::response<http::string_body> as_message(HttpResponse&& response, bool keep_alive) {
  http::response<http::string_body> message;
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.body() = std::move(response.body);
  message.keep_alive(keep_alive);
  message.prepare_payload();
  return message;
}

void reset(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket.close(ignored);
}

// A body without an end, until the client has had enough.
asio::awaitable<void> pour(tcp::socket& socket) {
  std::string chunk =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
      "transfer-encoding: chunked\r\n\r\n";
  for (;;) {
    const auto [error, size] = co_await asio::async_write(socket, asio::buffer(chunk), kTuple);
    if (error) co_return;
    chunk = fmt::format("{:x}\r\n{}\r\n", 16'384, std::string(16'384, ' '));
  }
}

asio::awaitable<void> pause(Millis span) {
  if (span <= Millis{0}) co_return;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(span);
  co_await timer.async_wait(kTuple);
}

// Returns when the client has closed.
asio::awaitable<void> wait_for_close(tcp::socket& socket) {
  std::array<char, 512> ignored{};
  for (;;) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(ignored), kTuple);
    if (error) co_return;
  }
}

}  // namespace

struct Server::State {
  explicit State(EmulatorOptions options) : emulator(std::move(options)) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> converse(tcp::socket socket);
  asio::awaitable<bool> carry_out(tcp::socket& socket, HttpRequest request, bool keep_alive);
  asio::awaitable<bool> reply(tcp::socket& socket, HttpResponse response, bool keep_alive);
  void send_webhooks();

  Emulator emulator;
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
  std::unique_ptr<tcp::acceptor> acceptor = std::make_unique<tcp::acceptor>(*context);
  std::thread thread{};
};

asio::awaitable<void> Server::State::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor->async_accept(kTuple);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    asio::co_spawn(*context, converse(std::move(socket)), asio::detached);
  }
}

// The requests of one connection, one after the other.
asio::awaitable<void> Server::State::converse(tcp::socket socket) {
  beast::flat_buffer buffer;
  for (;;) {
    Parser parser;
    parser.body_limit(kBodyLimit);
    const auto [head_error, head] =
        co_await http::async_read_header(socket, buffer, parser, kTuple);
    boost::system::error_code error = head_error;
    const bool expects = parser.get()[http::field::expect] == "100-continue";
    if (!error && expects) {
      const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket, asio::buffer(go_on), kTuple);
    }
    if (!error && emulator.in_outage(wall_now()) &&
        !parser.get().target().starts_with("/_emulator/")) {
      emulator.receive(as_value(parser.release()), wall_now());
      reset(socket);
      co_return;
    }
    if (!error) {
      const auto [body_error, body] = co_await http::async_read(socket, buffer, parser, kTuple);
      error = body_error;
    }
    if (error == http::error::body_limit) {
      HttpResponse refused{.status = 413,
                           .headers = {{"content-type", "application/json; charset=utf-8"}},
                           .body = R"({"message":"The body may hold at most 1 MiB.",)"
                                   R"("code":"payload_too_large"})"};
      co_await reply(socket, std::move(refused), false);
      co_return;
    }
    if (error) co_return;
    const bool keep_alive = parser.keep_alive();
    HttpRequest request = as_value(parser.release());
    const bool more = co_await carry_out(socket, std::move(request), keep_alive);
    if (!more) co_return;
  }
}

// False: the connection is over.
asio::awaitable<bool> Server::State::carry_out(tcp::socket& socket, HttpRequest request,
                                               bool keep_alive) {
  if (Emulator::is_control(request)) {
    HttpResponse shown = emulator.control(request, wall_now());
    send_webhooks();
    co_return co_await reply(socket, std::move(shown), keep_alive);
  }
  const Plan plan = emulator.receive(request, wall_now());
  if (plan.late) reset(socket);
  co_await pause(plan.wait);
  HttpResponse response = plan.instead.value_or(HttpResponse{});
  if (plan.apply) response = emulator.apply(plan, request, wall_now());
  send_webhooks();
  switch (plan.ending) {
    case Ending::answer:
      co_return co_await reply(socket, std::move(response), keep_alive);
    case Ending::reset:
    case Ending::refuse:
      reset(socket);
      break;
    case Ending::stall:
      co_await wait_for_close(socket);
      break;
    case Ending::endless:
      co_await pour(socket);
      break;
    case Ending::close:
      break;
  }
  co_return false;
}

asio::awaitable<bool> Server::State::reply(tcp::socket& socket, HttpResponse response,
                                           bool keep_alive) {
  response.headers["date"] = format_http_date(wall_now() + emulator.date_offset());
  const http::response<http::string_body> message = as_message(std::move(response), keep_alive);
  const auto [error, size] = co_await http::async_write(socket, message, kTuple);
  co_return !error && keep_alive;
}

void Server::State::send_webhooks() {
  for (WebhookDelivery& delivery : emulator.take_webhooks())
    asio::co_spawn(*context, deliver_webhook(std::move(delivery), {}), asio::detached);
}

Server::Server(EmulatorOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Server::~Server() {
  stop();
}

Result<std::uint16_t> Server::start(std::uint16_t port) {
  const tcp::endpoint endpoint{asio::ip::address_v4::loopback(), port};
  boost::system::error_code error;
  tcp::acceptor& acceptor = *state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return Failure{
        .kind = FailureClass::bad_input,
        .code = error == asio::error::address_in_use ? "address_in_use" : "listen_failed",
        .detail = fmt::format("127.0.0.1:{}: {}", port, error.message())};
  const std::uint16_t bound = acceptor.local_endpoint().port();
  asio::co_spawn(*state_->context, state_->accept(), asio::detached);
  state_->thread = std::thread{[state = state_.get()] { state->context->run(); }};
  return bound;
}

void Server::stop() {
  if (!state_->context) return;
  state_->context->stop();
  if (state_->thread.joinable()) state_->thread.join();
  // The waiting coroutines go with the context, and their sockets with them.
  state_->acceptor.reset();
  state_->context.reset();
}

void Server::inspect(const std::function<void(Emulator&)>& look) {
  std::promise<void> looked;
  asio::post(*state_->context, [&] {
    look(state_->emulator);
    looked.set_value();
  });
  looked.get_future().wait();
}

}  // namespace rolecall::emulator
