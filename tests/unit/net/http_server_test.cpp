#include "worker/net/http_server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/unit/net/loopback.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
using testing::run;
using testing::talk;
using testing::tcp;

constexpr const char* kClose = "connection: close\r\n\r\n";

struct HttpServerTest : ::testing::Test {
  asio::io_context io;
  std::vector<HttpRequest> seen;
  std::optional<HttpRequest> unread;
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;

  void start(HttpServerLimits limits = {}) {
    auto started =
        HttpServer::start({.limits = limits,
                           .handler =
                               [this](const HttpRequest& request) {
                                 seen.push_back(request);
                                 if (request.target == "/nothing")
                                   return HttpResponse{.status = 204};
                                 return HttpResponse{.status = request.target == "/" ? 200 : 404,
                                                     .headers = {{"content-type", "text/plain"}},
                                                     .body = "hello"};
                               },
                           .too_large = [this](const HttpRequest& request) { unread = request; }},
                          io.get_executor());
    ASSERT_TRUE(started) << started.error().detail;
    server = std::move(*started);
    const auto& address = server->address();
    port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    ASSERT_NE(port, 0);
  }
  std::string ask(const std::string& text) { return run(io, talk(port, text)); }
};

TEST_F(HttpServerTest, GivesTheRequestToTheHandlerAndItsAnswerBack) {
  start();
  const auto answer = ask("POST / HTTP/1.1\r\nHost: x\r\nX-Thing: One\r\ncontent-length: 3\r\n" +
                          std::string(kClose) + "abc");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello")) << answer;
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].headers.at("x-thing"), "One");
  EXPECT_EQ(seen[0].body, "abc");
}

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  const auto answer =
      ask("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n" + std::string(kClose));
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_NE(answer.find("200 OK"), std::string::npos);
  EXPECT_NE(answer.find("404 Not Found"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  const auto answer = ask(std::string("HEAD / HTTP/1.1\r\nHost: x\r\n") + kClose);
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, AnAnswerWithoutContentHasNoLength) {
  start();
  const auto answer = ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n" +
                          std::string(kClose));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_GT(answer.find("Content-Length"), answer.find("HTTP/1.1 200 ")) << answer;
}

TEST_F(HttpServerTest, RefusesABodyAboveTheLimit) {
  start({.max_body_bytes = 1'000});
  const auto answer =
      ask("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 1001\r\n\r\n" + std::string(1'001, 'x'));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(unread, (HttpRequest{.method = "POST", .target = "/"}));
}

TEST_F(HttpServerTest, TellsOfNoBodyThatIsJustWithinTheLimit) {
  start({.max_body_bytes = 1'000});
  const auto answer = ask("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 1000\r\n" +
                          std::string(kClose) + std::string(1'000, 'x'));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_FALSE(unread);
}

TEST_F(HttpServerTest, RefusesAChunkedBodyAboveTheLimit) {
  start({.max_body_bytes = 1'000});
  const auto answer =
      ask("POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n" +
          std::string(2'000, 'x') + "\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
}

TEST_F(HttpServerTest, RefusesAHeaderAboveTheLimit) {
  start();
  const auto answer =
      ask("GET / HTTP/1.1\r\nHost: x\r\nx-long: " + std::string(9'000, 'y') + "\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  start();
  EXPECT_TRUE(ask("\x16\x03\x01 hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpServerTest, ClosesAConnectionThatSaysNothing) {
  start({.idle_timeout = Millis{50}});
  EXPECT_EQ(ask(""), "");
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost:"), "");
  EXPECT_TRUE(seen.empty());
}

TEST_F(HttpServerTest, StopsWithConnectionsOpen) {
  start();
  bool over = false;
  asio::co_spawn(io, talk(port, ""), [&](std::exception_ptr, const std::string&) { over = true; });
  for (int i = 0; i < 20; ++i) io.poll_one();
  server.reset();
  testing::run_until(io, [&] { return over; });
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"), "");
}

TEST_F(HttpServerTest, APortInUseIsBadInputAndNamesTheFlag) {
  start();
  const auto second = HttpServer::start(
      {.listen = fmt::format("127.0.0.1:{}", port), .flag = "--listen or ROLECALL_LISTEN"},
      io.get_executor());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, FailureClass::bad_input);
  EXPECT_NE(second.error().detail.find("--listen or ROLECALL_LISTEN"), std::string::npos);
  EXPECT_NE(second.error().detail.find(std::to_string(port)), std::string::npos);
}

TEST_F(HttpServerTest, AnAddressThatIsNoneIsBadInput) {
  const auto started = HttpServer::start({.listen = "nowhere"}, io.get_executor());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, FailureClass::bad_input);
  EXPECT_NE(started.error().detail.find("--listen"), std::string::npos);
}

}  // namespace
}  // namespace rolecall
