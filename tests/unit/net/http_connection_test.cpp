// Several addresses of one name.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "tests/unit/net/http_client_fixture.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
using testing::answer_text;
using testing::answering;
using Addresses = testing::HttpClientTest;
using testing::Peer;
using testing::read_request;
using testing::run;
using testing::tcp;
using testing::write_text;

TEST_F(Addresses, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  tcp::acceptor full(io, tcp::v4());
  full.bind(tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  full.listen(0);
  std::vector<tcp::socket> waiting;  // its queue is full: it drops who comes now
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(io);
    waiting.back().async_connect(full.local_endpoint(), [](const error_code&) {});
  }
  const Peer peer(io, answering(answer_text(200, "{}")));
  const tcp::endpoint good(asio::ip::make_address("127.0.0.1"), peer.port());
  const auto connection = std::make_shared<HttpConnection>(io.get_executor(), nullptr);
  const auto deadline = clock.now() + Millis{100};
  EXPECT_FALSE(run(io, connection->connect({full.local_endpoint(), good}, clock, deadline)));
  testing::run_until(io, [&] { return peer.connections() == 1; });
  EXPECT_EQ(run(io, connection->connect({full.local_endpoint()}, clock, deadline)),
            asio::error::timed_out);
}

TEST_F(Addresses, AConnectionThatIsClosedWhileItIsMadeTriesNoOtherAddress) {
  tcp::acceptor full(io, tcp::v4());
  full.bind(tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  full.listen(0);
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back(io);
    waiting.back().async_connect(full.local_endpoint(), [](const error_code&) {});
  }
  const Peer peer(io, answering(answer_text(200, "{}")));
  const tcp::endpoint good(asio::ip::make_address("127.0.0.1"), peer.port());
  const auto connection = std::make_shared<HttpConnection>(io.get_executor(), nullptr);
  asio::post(io, [&] { asio::post(io, [&] { connection->close(); }); });
  EXPECT_EQ(run(io, connection->connect({full.local_endpoint(), good}, clock,
                                        clock.now() + Millis{5'000})),
            asio::error::operation_aborted);
  EXPECT_FALSE(connection->is_open());
  EXPECT_EQ(peer.connections(), 0);
}

}  // namespace
}  // namespace rolecall
