#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/unit/net/certificates.hpp"
#include "tests/unit/net/loopback.hpp"
#include "worker/net/asio_clock.hpp"
#include "worker/net/http_client.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using testing::Authority;
using testing::Peer;
using testing::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// What a TLS server saw; it answers every request with `text`.
struct TlsPeer {
  ssl::context context;
  std::string text = testing::answer_text(200, "private");
  bool closes = false;
  std::string server_name{};
  int requests = 0;

  Peer::Script script() {
    return [this](tcp::socket socket) -> Task<void> {
      ssl::stream<tcp::socket> stream(std::move(socket), context);
      auto [failed] = co_await stream.async_handshake(ssl::stream_base::server, kTuple);
      if (failed) co_return;
      const auto* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
      server_name = name == nullptr ? "" : name;
      while (true) {
        std::string request;
        auto [end, n] = co_await asio::async_read_until(stream, asio::dynamic_buffer(request),
                                                        "\r\n\r\n", kTuple);
        if (end) co_return;
        ++requests;
        co_await asio::async_write(stream, asio::buffer(text), kTuple);
        if (closes) co_return;
      }
    };
  }
};

struct TlsTest : ::testing::Test {
  asio::io_context io;
  AsioClock clock{io.get_executor()};
  Authority authority{"Rolecall test authority"};
  std::unique_ptr<HttpClient> client;

  Result<HttpResponse> send(const std::string& url, const std::filesystem::path& ca_file,
                            Millis patience = Millis{5'000}) {
    HttpClientOptions options{
        .base_url = url, .api_key = Secret("sk_test_private"), .ca_file = ca_file.string()};
    auto made = HttpClient::create(std::move(options), clock, io.get_executor());
    if (!made) return made.error();
    client = std::move(*made);
    return again(patience);
  }
  Result<HttpResponse> again(Millis patience = Millis{5'000}) {
    auto answer = testing::run(io, client->send({}, clock.now() + patience));
    if (!answer) EXPECT_EQ(answer.error().detail.find("sk_test_private"), std::string::npos);
    return answer;
  }
  void expect_untrusted(TlsPeer& served, const std::filesystem::path& ca_file) {
    const Peer peer(io, served.script());
    const auto answer = send(peer.url("https"), ca_file);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureClass::transient);
    EXPECT_EQ(answer.error().code, "untrusted") << answer.error().detail;
    EXPECT_EQ(served.requests, 0);
  }
};

TEST_F(TlsTest, AcceptsACertificateOfTheGivenAuthorityAndKeepsTheConnection) {
  TlsPeer served{.context = authority.serve_as("DNS:localhost")};
  const Peer peer(io, served.script());
  const auto answer = send("https://localhost:" + std::to_string(peer.port()), authority.file());
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "private");
  EXPECT_EQ(served.server_name, "localhost");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(again());
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(TlsTest, AcceptsAnAddressThatTheCertificateNames) {
  TlsPeer served{.context = authority.serve_as("IP:127.0.0.1")};
  const Peer peer(io, served.script());
  const auto answer = send(peer.url("https"), authority.file());
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(served.server_name, "");
}

TEST_F(TlsTest, RefusesACertificateForAnotherName) {
  TlsPeer served{.context = authority.serve_as("DNS:elsewhere.test")};
  expect_untrusted(served, authority.file());
}

TEST_F(TlsTest, RefusesACertificateOfAnUnknownAuthority) {
  const Authority other("Somebody else");
  TlsPeer served{.context = other.serve_as("IP:127.0.0.1")};
  expect_untrusted(served, authority.file());
}

TEST_F(TlsTest, RefusesAPrivateAuthorityUnlessItIsNamed) {
  TlsPeer served{.context = authority.serve_as("IP:127.0.0.1")};
  expect_untrusted(served, "");
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  TlsPeer served{.context = authority.serve_expired("IP:127.0.0.1")};
  expect_untrusted(served, authority.file());
}

TEST_F(TlsTest, RefusesAProtocolThatIsTooOld) {
  TlsPeer served{.context = authority.serve_as("IP:127.0.0.1")};
  SSL_CTX_set_security_level(served.context.native_handle(), 0);
  SSL_CTX_set_max_proto_version(served.context.native_handle(), TLS1_1_VERSION);
  const Peer peer(io, served.script());
  const auto answer = send(peer.url("https"), authority.file());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "tls_failed") << answer.error().detail;
}

TEST_F(TlsTest, AServerThatSpeaksNoTlsGetsNothing) {
  std::string seen;
  const Peer peer(io, [&](tcp::socket socket) -> Task<void> {
    co_await testing::write_text(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
    seen = co_await testing::read_request(socket);
  });
  const auto answer = send(peer.url("https"), authority.file());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(seen.find("sk_test"), std::string::npos);
}

TEST_F(TlsTest, AStalledHandshakeSentNothing) {
  const Peer peer(io,
                  [](tcp::socket socket) -> Task<void> { co_await testing::wait_for_end(socket); });
  const auto answer = send(peer.url("https"), authority.file(), Millis{50});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::transient);
  EXPECT_EQ(answer.error().code, "deadline");
}

TEST_F(TlsTest, AnAnswerCutOffWithoutATlsEndIsInDoubt) {
  TlsPeer served{.context = authority.serve_as("IP:127.0.0.1"),
                 .text = "HTTP/1.1 200 OK\r\n\r\nis this all?",
                 .closes = true};
  const Peer peer(io, served.script());
  const auto answer = send(peer.url("https"), authority.file());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureClass::in_doubt);
  EXPECT_EQ(answer.error().code, "closed") << answer.error().detail;
}

TEST_F(TlsTest, ACaFileThatIsNoneIsBadInput) {
  for (const auto* path : {"/nonexistent/ca.pem", "/dev/null"}) {
    const auto answer = send("https://localhost:1", path);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureClass::bad_input) << path;
    EXPECT_NE(answer.error().detail.find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace rolecall
