// What is asked before the first byte of a request leaves, and who is asked.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "tests/unit/net/http_client_fixture.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
using testing::answer_text;
using testing::answering;
using testing::HttpClientTest;
using testing::Peer;
using testing::read_request;
using testing::run;
using testing::tcp;
using testing::write_text;

struct Departure : HttpClientTest {
  // After a send that is started next has begun to look up and to connect, before it goes on.
  void once_begun(std::function<void()> act) {
    asio::post(io, [this, act = std::move(act)] { asio::post(io, act); });
  }
};

// SIGSTOP, or a machine that moves: the connection is there before the timer's handler has run.
TEST_F(Departure, ADeadlineThatPassedWhileTheProcessStoodStillSendsNothing) {
  std::optional<std::string> seen;
  const Peer peer(io, [&](tcp::socket socket) -> Task<void> {
    seen = co_await read_request(socket);
    co_await write_text(socket, answer_text(200, "{}"));
  });
  open(peer.url());
  once_begun([&] { clock.advance(Millis{5'001}); });
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "deadline");
  testing::run_until(io, [&] { return seen.has_value(); });
  EXPECT_EQ(*seen, "");
}

TEST_F(Departure, ADeadlineThatPassedDuringALookUpConnectsToNobody) {
  const Peer peer(io, answering(answer_text(200, "{}")));
  open(fmt::format("http://localhost:{}", peer.port()));
  once_begun([&] { clock.advance(Millis{5'001}); });
  const auto answer = send();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "deadline");
  EXPECT_EQ(peer.connections(), 0);
}

TEST_F(Departure, ACallThatMayNoLongerLeaveOnceItIsConnectedSendsNothing) {
  std::optional<std::string> seen;
  const Peer peer(io, [&](tcp::socket socket) -> Task<void> {
    seen = co_await read_request(socket);
    co_await write_text(socket, answer_text(200, "{}"));
  });
  open(peer.url());
  int asked = 0;
  const auto answer = run(io, client->send({}, clock.now() + Millis{5'000}, [&] {
    ++asked;
    return false;
  }));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "not_sent");
  EXPECT_EQ(asked, 1);
  testing::run_until(io, [&] { return seen.has_value(); });
  EXPECT_EQ(*seen, "");
}

}  // namespace
}  // namespace rolecall
