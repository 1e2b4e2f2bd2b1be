#include "worker/net/address.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(BaseUrl, TakesHttpsAnywhere) {
  const auto url = parse_base_url("https://api.workos.com");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->peer(), "api.workos.com:443");
  EXPECT_EQ(url->authority(), "api.workos.com");
  EXPECT_EQ(url->prefix, "");
}

TEST(BaseUrl, KeepsPortAndPrefix) {
  const auto url = parse_base_url("https://proxy.test:8443/workos/");
  ASSERT_TRUE(url) << url.error().detail;
  EXPECT_EQ(url->authority(), "proxy.test:8443");
  EXPECT_EQ(url->prefix, "/workos");
}

TEST(BaseUrl, TakesPlainHttpToLoopback) {
  for (const auto* text :
       {"http://127.0.0.1:4100", "http://localhost:4100", "http://[::1]:4100", "http://127.9.9.9"})
    EXPECT_TRUE(parse_base_url(text)) << text;
}

TEST(BaseUrl, RefusesPlainHttpBeyondLoopback) {
  for (const auto* text :
       {"http://api.workos.com", "http://10.0.0.1:80", "http://localhost.evil.test",
        "http://0.0.0.0:4100", "http://[::ffff:10.0.0.1]"}) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, FailureClass::bad_input);
    EXPECT_EQ(url.error().code, "plain_http");
    EXPECT_NE(url.error().detail.find("https"), std::string::npos);
  }
}

TEST(BaseUrl, RefusesWhatIsNoBaseUrl) {
  for (const auto* text :
       {"", "api.workos.com", "https://", "ftp://api.workos.com", "https://a:b:c", "https://h?x=1",
        "https://h#f", "https://h:0", "https://h:65536", "/v1"}) {
    const auto url = parse_base_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "bad_url") << text;
  }
}

TEST(BaseUrl, DoesNotEchoAPassword) {
  const auto url = parse_base_url("https://user:hunter2@api.workos.com");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().detail.find("hunter2"), std::string::npos);
}

TEST(ListenAddress, TakesAddressAndPort) {
  const auto at = parse_listen_address("127.0.0.1:9464");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->host, "127.0.0.1");
  EXPECT_EQ(at->port, 9464);
  EXPECT_EQ(parse_listen_address("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_listen_address("localhost:1")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("0.0.0.0:80")->host, "0.0.0.0");
}

TEST(ListenAddress, RefusesAnythingElse) {
  for (const auto* text : {"", "9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                           "127.0.0.1:65536", "127.0.0.1:-1", "example.test:80", "[::1:80"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(HostAndPort, PutsBracketsAroundAnIpv6Address) {
  EXPECT_EQ(host_and_port("::1", 80), "[::1]:80");
  EXPECT_EQ(host_and_port("127.0.0.1", 80), "127.0.0.1:80");
}

}  // namespace
}  // namespace rolecall
