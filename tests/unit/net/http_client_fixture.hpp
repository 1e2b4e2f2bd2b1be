// http_client_fixture.hpp -- a client on a clock that a test sets, before a scripted peer.
// Owns:    the context, the clock and the client.
// Thread:  the test's.
// Fails:   a failure that shows the key, or says nothing, fails its test.
// Never:   waits for a time to pass: deadlines are as far away as the test says.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/net/loopback.hpp"
#include "worker/net/http_client.hpp"

namespace rolecall::testing {

inline constexpr const char* kKey = "sk_test_do_not_show";

class SettableClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  std::unique_ptr<Timer> make_timer() override { return nullptr; }
  void advance(Millis span) { now_ += span; }

 private:
  Instant now_{};
};

struct HttpClientTest : ::testing::Test {
  boost::asio::io_context io;
  SettableClock clock;
  std::unique_ptr<HttpClient> client;

  void open(const std::string& url, PoolLimits pool = {}) {
    HttpClientOptions options{.base_url = url, .api_key = Secret(kKey), .pool = pool};
    options.max_answer_bytes = 64U << 10U;
    auto made = HttpClient::create(std::move(options), clock, io.get_executor());
    ASSERT_TRUE(made) << made.error().detail;
    client = std::move(*made);
  }

  Result<HttpResponse> send(HttpRequest request = {}, Millis patience = Millis{5'000}) {
    auto answer = run(io, client->send(std::move(request), clock.now() + patience));
    if (!answer) {
      EXPECT_EQ(answer.error().detail.find(kKey), std::string::npos) << answer.error().detail;
      EXPECT_FALSE(answer.error().detail.empty());
    }
    return answer;
  }

  void expect_failure(const Peer::Script& script, FailureClass kind, const std::string& code,
                      Millis patience = Millis{5'000}) {
    const Peer peer(io, script);
    open(peer.url());
    const auto answer = send({}, patience);
    ASSERT_FALSE(answer) << answer->status << ": " << answer->body.substr(0, 100);
    EXPECT_EQ(answer.error().kind, kind) << answer.error().detail;
    EXPECT_EQ(answer.error().code, code) << answer.error().detail;
    EXPECT_NE(answer.error().detail.find(std::to_string(peer.port())), std::string::npos);
  }

  // A peer that reads the request and then says `text` and closes.
  static Peer::Script saying(std::string text) {
    return [text = std::move(text)](tcp::socket socket) -> Task<void> {
      auto said = text;
      co_await read_request(socket);
      co_await write_text(socket, std::move(said));
    };
  }
};

}  // namespace rolecall::testing
