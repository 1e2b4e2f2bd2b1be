#include "worker/net/http_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "tests/unit/net/http_client_fixture.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
using testing::answer_text;
using testing::answering;
using testing::HttpClientTest;
using testing::kKey;
using testing::Peer;
using testing::read_request;
using testing::run;
using testing::tcp;
using testing::write_text;

TEST_F(HttpClientTest, SendsTheRequestWithTheKeyAndReturnsTheAnswer) {
  std::string seen;
  const Peer peer(io, [&](tcp::socket socket) -> Task<void> {
    seen = co_await read_request(socket);
    co_await write_text(socket, answer_text(201, "{\"id\":\"om_1\"}", "X-Request-ID: req_7\r\n"));
    co_await testing::wait_for_end(socket);
  });
  open(peer.url() + "/prefix/");
  const auto answer = send({.method = "POST",
                            .target = "/things?a=b",
                            .headers = {{"content-type", "application/json"}},
                            .body = "{}"});
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "{\"id\":\"om_1\"}");
  EXPECT_EQ(answer->headers.at("x-request-id"), "req_7");
  EXPECT_TRUE(seen.starts_with("POST /prefix/things?a=b HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find(fmt::format("host: 127.0.0.1:{}\r\n", peer.port())), std::string::npos);
  EXPECT_NE(seen.find("authorization: Bearer sk_test_do_not_show\r\n"), std::string::npos);
  EXPECT_NE(seen.find("content-type: application/json\r\n"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("content-length: 2\r\n\r\n{}")) << seen;
}

TEST_F(HttpClientTest, SaysTheLengthOfAnEmptyPost) {
  std::string seen;
  const Peer peer(io, [&](tcp::socket socket) -> Task<void> {
    seen = co_await read_request(socket);
    co_await write_text(socket, answer_text(200, ""));
  });
  open(peer.url());
  ASSERT_TRUE(send({.method = "POST"}));
  EXPECT_NE(seen.find("content-length: 0\r\n"), std::string::npos);
}

TEST_F(HttpClientTest, KeepsTheConnectionForTheNextRequest) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(peer.url());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send());
  EXPECT_EQ(peer.connections(), 1);
  EXPECT_EQ(client->pool_use().idle, 1U);
  EXPECT_EQ(client->pool_use().busy, 0U);
}

TEST_F(HttpClientTest, LeavesAConnectionThatTheServerClosed) {
  const Peer peer(io, saying(answer_text(200, "{}")));
  open(peer.url());
  ASSERT_TRUE(send());
  testing::run_until(io, [&] { return peer.ended() == 1; });
  ASSERT_TRUE(send());
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(HttpClientTest, LeavesAConnectionOnWhichUnaskedBytesCame) {
  const Peer peer(io, [](tcp::socket socket) -> Task<void> {
    co_await read_request(socket);
    co_await write_text(socket, answer_text(200, "first"));
    co_await write_text(socket, answer_text(200, "a lie"));
    co_await testing::wait_for_end(socket);
  });
  open(peer.url());
  ASSERT_TRUE(send());
  const auto second = send();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->body, "first");
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(HttpClientTest, ClosesWhenTheServerSaysSo) {
  const Peer peer(io, answering(answer_text(200, "{}", "Connection: close\r\n")));
  open(peer.url());
  ASSERT_TRUE(send());
  EXPECT_EQ(client->pool_use().idle, 0U);
}

TEST_F(HttpClientTest, LeavesAConnectionThatWasIdleForTooLong) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(peer.url(), {.idle_timeout = Millis{1'000}});
  ASSERT_TRUE(send());
  clock.advance(Millis{1'001});
  ASSERT_TRUE(send());
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(HttpClientTest, ARefusedConnectionSentNothing) {
  const auto port = testing::closed_port(io);
  open(fmt::format("http://127.0.0.1:{}", port));
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "refused");
}

TEST_F(HttpClientTest, ANameThatDoesNotExistSentNothing) {
  HttpClientOptions options{.base_url = "https://rolecall.invalid", .api_key = Secret(kKey)};
  client = *HttpClient::create(std::move(options), clock, io.get_executor());
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
}

TEST_F(HttpClientTest, AResetAfterTheRequestIsInDoubt) {
  expect_failure(
      [](tcp::socket socket) -> Task<void> {
        co_await read_request(socket);
        testing::reset(socket);
      },
      FailureClass::in_doubt, "reset");
}

TEST_F(HttpClientTest, AnEndWithoutAnAnswerIsInDoubt) {
  expect_failure(saying(""), FailureClass::in_doubt, "closed");
}

TEST_F(HttpClientTest, AnEndInsideTheAnswerIsInDoubt) {
  expect_failure(saying("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
                 FailureClass::in_doubt, "closed");
  expect_failure(saying("HTTP/1.1 200 OK\r\ncontent-"), FailureClass::in_doubt, "closed");
}

TEST_F(HttpClientTest, AStalledAnswerIsInDoubtAtTheDeadline) {
  expect_failure([](tcp::socket socket) -> Task<void> { co_await testing::wait_for_end(socket); },
                 FailureClass::in_doubt, "deadline", Millis{50});
}

TEST_F(HttpClientTest, AnAnswerThatDripsIsInDoubtAtTheDeadline) {
  expect_failure(
      [](tcp::socket socket) -> Task<void> {
        co_await read_request(socket);
        co_await write_text(socket, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        co_await testing::wait_for_end(socket);
      },
      FailureClass::in_doubt, "deadline", Millis{50});
}

TEST_F(HttpClientTest, ADeadlineThatHasPassedSendsNothing) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(peer.url());
  const auto answer = send({}, Millis{0});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "deadline");
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(HttpClientTest, GarbageIsInDoubt) {
  expect_failure(saying("\x01\x02 what?\r\n\r\n"), FailureClass::in_doubt, "garbage_answer");
  expect_failure(saying("HTTP/1.1 2x0 OK\r\n\r\n"), FailureClass::in_doubt, "garbage_answer");
  expect_failure(saying("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n"),
                 FailureClass::in_doubt, "garbage_answer");
}

TEST_F(HttpClientTest, ABodyAnnouncedTooLargeIsInDoubt) {
  expect_failure(saying("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\nx"),
                 FailureClass::in_doubt, "answer_too_large");
}

Peer::Script repeating(std::string head, std::string piece) {
  return [head = std::move(head), piece = std::move(piece)](tcp::socket socket) -> Task<void> {
    auto said = piece;
    co_await read_request(socket);
    co_await write_text(socket, head);
    for (int i = 0; i < 4'000 && socket.is_open(); ++i) co_await write_text(socket, said);
  };
}

TEST_F(HttpClientTest, AnEndlessBodyIsCutOff) {
  expect_failure(repeating("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                           "400\r\n" + std::string(0x400, 'x') + "\r\n"),
                 FailureClass::in_doubt, "answer_too_large");
  expect_failure(repeating("HTTP/1.1 200 OK\r\n\r\n", std::string(1'000, 'x')),
                 FailureClass::in_doubt, "answer_too_large");
}

TEST_F(HttpClientTest, AnEndlessHeaderIsCutOff) {
  expect_failure(repeating("HTTP/1.1 200 OK\r\n", "x-more: " + std::string(100, 'y') + "\r\n"),
                 FailureClass::in_doubt, "answer_too_large");
  expect_failure(repeating("HTTP/1.1 200 OK\r\nx-one: ", std::string(100, 'y')),
                 FailureClass::in_doubt, "answer_too_large");
  expect_failure(
      repeating("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", std::string(100, 'y')),
      FailureClass::in_doubt, "answer_too_large");
}

TEST_F(HttpClientTest, ABodyMayEndWithTheConnection) {
  const Peer peer(io, saying("HTTP/1.1 200 OK\r\n\r\nall of it"));
  open(peer.url());
  const auto answer = send();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "all of it");
  EXPECT_EQ(client->pool_use().idle, 0U);
}

TEST_F(HttpClientTest, ReadsAChunkedBody) {
  const Peer peer(io, answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  open(peer.url());
  const auto answer = send();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "abcde");
  EXPECT_EQ(client->pool_use().idle, 1U);
}

TEST_F(HttpClientTest, ReadsOnAfterAnInterimAnswer) {
  const Peer peer(io, answering("HTTP/1.1 103 Early\r\n\r\n" + answer_text(204, "")));
  open(peer.url());
  const auto answer = send();
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 204);
}

TEST_F(HttpClientTest, DoesNotKeepAConnectionOnWhichARealAnswerIsStillToCome) {
  for (const int interim : {101, 102}) {
    std::string said;
    for (int i = 0; i < 9; ++i) said += fmt::format("HTTP/1.1 {} Wait\r\n\r\n", interim);
    const Peer peer(io, [&, n = 0](tcp::socket socket) mutable -> Task<void> {
      co_await read_request(socket);
      if (++n > 1) {
        co_await write_text(socket, answer_text(200, "to the second"));
        co_return;
      }
      co_await write_text(socket, said);
      if ((co_await read_request(socket)).empty()) co_return;
      co_await write_text(socket, answer_text(200, "to the first"));
    });
    open(peer.url());
    send();
    EXPECT_EQ(client->pool_use().idle, 0U);
    const auto second = send();
    ASSERT_TRUE(second) << second.error().detail;
    EXPECT_EQ(second->body, "to the second");
  }
}

TEST_F(HttpClientTest, DoesNotFollowARedirect) {
  const Peer peer(io, answering(answer_text(302, "", "Location: http://127.0.0.1:1/\r\n")));
  open(peer.url());
  const auto answer = send();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(HttpClientTest, RefusesToSendWhatWouldSplitTheRequest) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(peer.url());
  for (const HttpRequest& bad : {HttpRequest{.target = "/a b"}, HttpRequest{.target = "/a\r\nx: y"},
                                 HttpRequest{.target = "a"}, HttpRequest{.method = "GET /\r\n"},
                                 HttpRequest{.headers = {{"a", "b\r\nc: d"}}},
                                 HttpRequest{.headers = {{"a: b\r\nc", "d"}}}}) {
    const auto answer = send(bad);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureClass::bug);
  }
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(HttpClientTest, AKeyWithALineEndIsRefusedAndNotShown) {
  const auto made =
      HttpClient::create({.api_key = Secret("sk_test_a\nb")}, clock, io.get_executor());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, FailureClass::bad_input);
  EXPECT_EQ(made.error().detail.find("sk_test"), std::string::npos);
}

TEST_F(HttpClientTest, WaitsForAPlaceAndUsesNoMoreConnectionsThanAllowed) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(peer.url(), {.max_connections = 3});
  int answered = 0;
  for (int i = 0; i < 20; ++i)
    asio::co_spawn(
        io, client->send({}, clock.now() + Millis{5'000}),
        [&](std::exception_ptr, const Result<HttpResponse>& a) { answered += a ? 1 : 0; });
  testing::run_until(io, [&] { return answered == 20; });
  EXPECT_EQ(peer.connections(), 3);
  EXPECT_EQ(client->pool_use().busy, 0U);
  EXPECT_EQ(client->pool_use().waiting, 0U);
}

TEST_F(HttpClientTest, GivesUpWaitingForAPlaceAtTheDeadline) {
  const Peer peer(io,
                  [](tcp::socket socket) -> Task<void> { co_await testing::wait_for_end(socket); });
  open(peer.url(), {.max_connections = 1});
  std::optional<Result<HttpResponse>> first;
  asio::co_spawn(io, client->send({}, clock.now() + Millis{200}),
                 [&](std::exception_ptr, Result<HttpResponse> a) { first.emplace(std::move(a)); });
  const auto second = send({}, Millis{50});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, FailureClass::transient);
  EXPECT_EQ(second.error().code, "deadline");
  testing::run_until(io, [&] { return first.has_value(); });
  EXPECT_EQ(client->pool_use().busy, 0U);
  EXPECT_EQ(client->pool_use().waiting, 0U);
}

TEST_F(HttpClientTest, ARequestMayBeDestroyedWhileItWaits) {
  asio::io_context short_lived;
  const Peer peer(short_lived,
                  [](tcp::socket socket) -> Task<void> { co_await testing::wait_for_end(socket); });
  HttpClientOptions options{.base_url = peer.url(), .api_key = Secret(kKey)};
  options.pool.max_connections = 1;
  auto made = *HttpClient::create(std::move(options), clock, short_lived.get_executor());
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(short_lived, made->send({}, clock.now() + Millis{5'000}), asio::detached);
  testing::run_until(short_lived, [&] { return peer.connections() == 1; });
  EXPECT_EQ(made->pool_use().waiting, 2U);
}

}  // namespace
}  // namespace rolecall
