// Many connections and slow ones: who asks is answered, whoever else holds places.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/unit/net/loopback.hpp"
#include "worker/net/http_server.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
using testing::run;
using testing::run_until;
using testing::talk;
using testing::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr const char* kLast = "GET /good HTTP/1.1\r\nHost: x\r\nconnection: close\r\n\r\n";
constexpr const char* kAnother = "GET /another HTTP/1.1\r\nHost: x\r\n\r\n";
// As far as the sender says; none of it need ever come.
constexpr const char* kLongBody =
    "POST /slow HTTP/1.1\r\nHost: x\r\ncontent-length: 1000000\r\n\r\n";

struct HttpCrowd : ::testing::Test {
  asio::io_context io;
  std::vector<std::string> seen;  // targets
  std::string body = "hello";
  bool holding = false;  // what is asked now is not answered yet
  int held_back = 0;
  std::unique_ptr<HttpServer> server;
  tcp::endpoint at;

  void start(HttpServerLimits limits) {
    auto started =
        HttpServer::start({.limits = limits,
                           .handler =
                               [this](const HttpRequest& request) {
                                 seen.push_back(request.target);
                                 return HttpResponse{.status = 200, .body = body};
                               },
                           .before = [this](const HttpRequest&) { return wait_for_release(); }},
                          io.get_executor());
    ASSERT_TRUE(started) << started.error().detail;
    server = std::move(*started);
    const auto& address = server->address();
    at = tcp::endpoint(
        asio::ip::make_address("127.0.0.1"),
        static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  }

  Task<void> wait_for_release() {
    if (!holding) co_return;
    ++held_back;
    while (holding) co_await asio::post(io, asio::use_awaitable);
  }

  std::string ask() { return run(io, talk(at.port(), kLast)); }
  bool is_answered() { return ask().starts_with("HTTP/1.1 200 "); }

  tcp::socket connected(const std::string& text = "") {
    tcp::socket socket(io);
    socket.connect(at);
    asio::write(socket, asio::buffer(text));
    return socket;
  }
  // Not more at once than the shortest queue of a listening socket takes.
  void crowd_of(int size, std::vector<tcp::socket>& crowd) {
    for (int i = 0; i < size; ++i) {
      crowd.push_back(connected(i % 2 == 0 ? "" : kLongBody));
      if (i % 100 == 99) io.poll();
    }
  }
  // Sends a whole request and waits for its answer; the connection stays.
  std::string ask_on(tcp::socket& socket) { return run(io, exchange(socket)); }
  static Task<std::string> exchange(tcp::socket& socket) {
    co_await asio::async_write(socket, asio::buffer(std::string_view(kAnother)), kTuple);
    std::array<char, 4096> bytes{};
    auto [error, n] = co_await socket.async_read_some(asio::buffer(bytes), kTuple);
    co_return error ? std::string() : std::string(bytes.data(), n);
  }
  void until_seen(std::size_t requests) {
    run_until(io, [&] { return seen.size() >= requests; });
  }
  // Reads to the end; true: it came.
  bool is_closed(tcp::socket& socket) { return run(io, read_to_end(socket)); }
  static Task<bool> read_to_end(tcp::socket& socket) {
    co_await testing::wait_for_end(socket);
    co_return true;
  }
};

TEST_F(HttpCrowd, TheConnectionThatIsIdleLongestMakesRoomForANewOne) {
  start({.max_connections = 2});
  auto oldest = connected();
  auto younger = connected();
  EXPECT_TRUE(is_answered());
  EXPECT_TRUE(is_closed(oldest));
  EXPECT_TRUE(ask_on(younger).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpCrowd, AWholeRequestMakesAConnectionYoung) {
  start({.max_connections = 2});
  auto regular = connected();
  auto silent = connected();
  EXPECT_TRUE(ask_on(regular).starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(is_answered());
  EXPECT_TRUE(is_closed(silent));
  EXPECT_TRUE(ask_on(regular).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpCrowd, APieceOfARequestMakesNobodyYoung) {
  start({.max_connections = 2});
  auto slow = connected(kLongBody);
  auto silent = connected();
  EXPECT_TRUE(ask_on(silent).starts_with("HTTP/1.1 200 "));
  asio::write(slow, asio::buffer(std::string(1'000, 'x')));
  EXPECT_TRUE(is_answered());
  EXPECT_TRUE(is_closed(slow));
  EXPECT_TRUE(ask_on(silent).starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpCrowd, ThreeHundredSilentConnectionsDoNotKeepOutWhoAsks) {
  start({});
  std::vector<tcp::socket> crowd;
  crowd_of(300, crowd);
  EXPECT_TRUE(is_answered());
  crowd_of(300, crowd);
  EXPECT_TRUE(is_answered());
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(HttpCrowd, WhoAskedInTheMiddleOfACrowdIsAnswered) {
  start({});
  std::vector<tcp::socket> crowd;
  crowd_of(150, crowd);
  auto good = connected(kLast);
  crowd_of(150, crowd);
  until_seen(1);
  std::string answer(15, '\0');
  asio::read(good, asio::buffer(answer));
  EXPECT_EQ(answer, "HTTP/1.1 200 OK");
}

TEST_F(HttpCrowd, WhoWaitsForItsAnswerKeepsItsPlace) {
  start({.max_connections = 2});
  holding = true;
  auto first = connected(kLast);
  auto second = connected(kLast);
  run_until(io, [&] { return held_back == 2; });
  EXPECT_EQ(ask(), "") << "there is no room that anybody could make";
  holding = false;
  until_seen(2);
  for (auto* each : {&first, &second}) {
    std::string answer(15, '\0');
    asio::read(*each, asio::buffer(answer));
    EXPECT_EQ(answer, "HTTP/1.1 200 OK");
  }
}

TEST_F(HttpCrowd, WhoDoesNotFetchItsAnswerMakesRoom) {
  body = std::string(64U << 20U, 'x');  // more than the kernel takes for somebody who does not read
  start({.max_connections = 1});
  auto lazy = connected(kLast);
  until_seen(1);
  body = "hello";
  EXPECT_TRUE(is_answered());
}

std::string post_of(std::size_t size) {
  return "POST /body HTTP/1.1\r\nHost: x\r\nconnection: close\r\ncontent-length: " +
         std::to_string(size) + "\r\n\r\n";
}

TEST_F(HttpCrowd, BodiesThatDoNotComeMakeRoomForOneThatDoes) {
  start({.max_body_bytes = 1'000, .max_bodies_bytes = 2'000});
  auto oldest = connected(post_of(1'000));
  auto younger = connected(post_of(1'000));
  const auto answer = run(io, talk(at.port(), post_of(1'000) + std::string(1'000, 'x')));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(is_closed(oldest));
  asio::write(younger, asio::buffer(std::string(1'000, 'x')));
  until_seen(2);
}

TEST_F(HttpCrowd, ASmallBodyIsNotInTheWayOfLargeOnes) {
  start({.max_body_bytes = 1'000, .max_bodies_bytes = 2'000});
  auto small = connected(post_of(10) + "12345");
  std::vector<tcp::socket> large;
  for (int i = 0; i < 20; ++i) large.push_back(connected(post_of(1'000) + "12345"));
  EXPECT_TRUE(is_answered());
  asio::write(small, asio::buffer("67890", 5));
  until_seen(2);
  EXPECT_EQ(seen.back(), "/body");
}

TEST_F(HttpCrowd, ABodyOfUnknownLengthCountsAsTheLongest) {
  start({.max_body_bytes = 1'000, .max_bodies_bytes = 1'500});
  auto chunked =
      connected("POST /chunks HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_TRUE(is_answered());
  auto large = connected(post_of(600));
  EXPECT_TRUE(is_closed(chunked));
}

TEST_F(HttpCrowd, RoomForBodiesComesBackWithEachAnswer) {
  start({.max_body_bytes = 1'000, .max_bodies_bytes = 1'000});
  auto kept = connected(post_of(100));
  const auto whole = post_of(900) + std::string(900, 'x');
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(run(io, talk(at.port(), whole)).starts_with("HTTP/1.1 200 ")) << i;
  asio::write(kept, asio::buffer(std::string(100, 'x')));
  until_seen(21);
}

// A byte each millisecond: a million of them would take a quarter of an hour.
Task<bool> trickle(asio::io_context& io, tcp::socket& socket) {
  asio::steady_timer pause(io);
  while (true) {
    auto [error, n] = co_await asio::async_write(socket, asio::buffer("x", 1), kTuple);
    if (error) co_return true;
    pause.expires_after(Millis{1});
    co_await pause.async_wait(kTuple);
  }
}

TEST_F(HttpCrowd, ABodyThatTricklesIsCutOffWhenItsTimeIsOver) {
  start({.idle_timeout = Millis{50}});
  auto slow = connected(kLongBody);
  EXPECT_TRUE(run(io, trickle(io, slow)));
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(is_answered());
}

TEST_F(HttpCrowd, ManyTricklesAtOnceDelayNobody) {
  start({.max_connections = 8});
  std::vector<tcp::socket> slow;
  for (int i = 0; i < 8; ++i) slow.push_back(connected(kLongBody));
  for (auto& each : slow) asio::co_spawn(io, trickle(io, each), asio::detached);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_answered()) << i;
  server->stop();
}

TEST_F(HttpCrowd, PlacesAreFreeAgainAfterACrowdHasGone) {
  start({.max_connections = 4});
  for (int round = 0; round < 50; ++round) {
    std::vector<tcp::socket> crowd;
    for (int i = 0; i < 10; ++i) crowd.push_back(connected());
    EXPECT_TRUE(is_answered());
  }
  holding = true;
  std::vector<tcp::socket> asking;
  for (int i = 0; i < 4; ++i) asking.push_back(connected(kLast));
  run_until(io, [&] { return held_back == 4; });
  holding = false;
  until_seen(54);
}

}  // namespace
}  // namespace rolecall
