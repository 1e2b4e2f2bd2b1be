// The emulator over real sockets.
#include "tests/emulator/server.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <thread>

#include "tests/emulator/signature.hpp"
#include "tests/emulator/times.hpp"
#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A plain connection, as bytes.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in address = loopback(port);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  explicit Connection(int accepted, bool) : fd_(accepted), connected_(accepted >= 0) {}
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }
  void say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void request(const std::string& method, const std::string& target,
               const std::string& body = "") const {
    say(method + " " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_x\r\n" +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  // Up to one answer with its body; what there is when the connection ends first.
  std::string hear() {
    for (;;) {
      if (const auto whole = take_answer()) return *whole;
      std::array<char, 4096> bytes{};
      const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
      if (size < 0) error_ = errno;
      if (size <= 0) return std::exchange(heard_, "");
      heard_.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }
  // Whatever comes next; how much it was.
  std::size_t hear_some() const {
    std::array<char, 65536> bytes{};
    const ssize_t size = recv(fd_, bytes.data(), bytes.size(), 0);
    return size < 0 ? 0 : static_cast<std::size_t>(size);
  }
  bool silent_for(Millis span) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    return poll(&waiting, 1, static_cast<int>(span.count())) == 0;
  }
  int error() const { return error_; }

 private:
  std::optional<std::string> take_answer() {
    const std::size_t head = heard_.find("\r\n\r\n");
    if (head == std::string::npos) return std::nullopt;
    const std::size_t field = heard_.find("Content-Length: ");
    const std::size_t length =
        field == std::string::npos || field > head ? 0 : std::stoul(heard_.substr(field + 16));
    if (heard_.size() < head + 4 + length) return std::nullopt;
    std::string whole = heard_.substr(0, head + 4 + length);
    heard_.erase(0, whole.size());
    return whole;
  }

  int fd_;
  bool connected_ = false;
  int error_ = 0;
  std::string heard_{};
};

class OverHttp : public testing::Test {
 protected:
  OverHttp() : server_({.seed_text = R"({"organizations":[{"id":"org_a","name":"A"}]})"}) {
    port_ = server_.start().value();
  }
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = "") {
    Connection connection{port_};
    connection.request(method, target, body);
    return connection.hear();
  }
  void fault(const std::string& action, const std::string& more = "") {
    EXPECT_THAT(
        ask("POST", "/_emulator/faults", R"({"action":")" + action + R"(","count":1)" + more + "}"),
        StartsWith("HTTP/1.1 200"));
  }
  bool applied() {
    bool was = false;
    server_.inspect([&](Emulator& emulator) { was = emulator.log().back().applied; });
    return was;
  }
  std::size_t logged() {
    std::size_t size = 0;
    server_.inspect([&](Emulator& emulator) { size = emulator.log().size(); });
    return size;
  }
  const std::string new_role_ = R"({"slug":"org-lead","name":"Lead"})";
  const std::string roles_ = "/authorization/organizations/org_a/roles";

  Server server_;
  std::uint16_t port_ = 0;
};

TEST_F(OverHttp, AConnectionCarriesManyRequests) {
  Connection connection{port_};
  for (int i = 0; i < 20; ++i) {
    connection.request("GET", "/organizations/org_a");
    EXPECT_THAT(connection.hear(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  connection.request("DELETE", roles_ + "/org-no");
  EXPECT_THAT(connection.hear(), HasSubstr("entity_not_found"));
}

TEST_F(OverHttp, AnAnswerHasItsHeaders) {
  const std::string answer = ask("POST", roles_, new_role_);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  EXPECT_THAT(answer, HasSubstr("x-request-id: req_"));
  EXPECT_THAT(answer, HasSubstr("content-type: application/json"));
  EXPECT_THAT(ask("DELETE", roles_ + "/org-lead"), StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST_F(OverHttp, ABodyOverOneMebibyteIsRefused) {
  Connection connection{port_};
  connection.say("POST /organizations HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
  EXPECT_THAT(connection.hear(), StartsWith("HTTP/1.1 413"));
}

TEST_F(OverHttp, AResetIsSeenAsOneAndAppliesNothing) {
  fault("reset");
  Connection connection{port_};
  connection.request("POST", roles_, new_role_);
  EXPECT_EQ(connection.hear(), "");
  EXPECT_EQ(connection.error(), ECONNRESET);
  EXPECT_FALSE(applied());
}

TEST_F(OverHttp, AnAppliedRequestCanBeResetAllTheSame) {
  fault("apply_then_reset");
  Connection connection{port_};
  connection.request("POST", roles_, new_role_);
  EXPECT_EQ(connection.hear(), "");
  EXPECT_EQ(connection.error(), ECONNRESET);
  EXPECT_TRUE(applied());
}

TEST_F(OverHttp, AStallKeepsTheConnectionOpenWithoutAWord) {
  for (const bool applies : {false, true}) {
    fault(applies ? "apply_then_stall" : "stall");
    Connection connection{port_};
    connection.request("POST", roles_, new_role_);
    EXPECT_TRUE(connection.silent_for(Millis{50}));
    EXPECT_EQ(applied(), applies);
  }
}

TEST_F(OverHttp, ADelayComesBeforeTheAnswer) {
  fault("delay", R"(,"delay_ms":80)");
  Connection connection{port_};
  connection.request("POST", roles_, new_role_);
  EXPECT_TRUE(connection.silent_for(Millis{40}));
  EXPECT_THAT(connection.hear(), StartsWith("HTTP/1.1 201"));
}

TEST_F(OverHttp, ALateWriteLandsAfterItsReset) {
  std::promise<void> landed;
  server_.inspect([&](Emulator& emulator) {
    emulator.watch([&](Sighting what, const LoggedRequest&, WallTime) {
      if (what == Sighting::applied) landed.set_value();
    });
  });
  fault("apply_late", R"(,"delay_ms":60)");
  Connection connection{port_};
  connection.request("POST", roles_, new_role_);
  EXPECT_EQ(connection.hear(), "");
  EXPECT_FALSE(applied());
  landed.get_future().wait();
  EXPECT_TRUE(applied());
}

TEST_F(OverHttp, AnEmptyEndIsNoReset) {
  fault("empty");
  Connection connection{port_};
  connection.request("GET", "/organizations");
  EXPECT_EQ(connection.hear(), "");
  EXPECT_EQ(connection.error(), 0);
}

TEST_F(OverHttp, AnEndlessBodyGoesOnUntilTheClientLeaves) {
  fault("endless");
  {
    Connection connection{port_};
    connection.request("GET", "/organizations");
    EXPECT_THAT(connection.hear(), HasSubstr("transfer-encoding: chunked"));
    std::size_t size = 0;
    while (size < 4'000'000) size += connection.hear_some();
  }
  EXPECT_THAT(ask("GET", "/organizations"), StartsWith("HTTP/1.1 200"));
}

TEST_F(OverHttp, AnOutageResetsEverythingButTheControlFace) {
  Connection kept{port_};
  kept.request("GET", "/organizations");
  kept.hear();
  EXPECT_THAT(ask("POST", "/_emulator/outage", R"({"seconds":60})"), StartsWith("HTTP/1.1 200"));
  kept.request("GET", "/organizations");
  EXPECT_EQ(kept.hear(), "");
  EXPECT_EQ(kept.error(), ECONNRESET);
  Connection fresh{port_};
  EXPECT_TRUE(fresh.connected());
  fresh.request("GET", "/organizations");
  EXPECT_EQ(fresh.hear(), "");
  EXPECT_THAT(ask("GET", "/_emulator/log"), HasSubstr("\"fault\":\"outage\""));
  ask("POST", "/_emulator/outage", R"({"seconds":0})");
  EXPECT_THAT(ask("GET", "/organizations"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(logged(), 4u);
}

TEST_F(OverHttp, ATakenPortIsSaidSo) {
  Server second{{}};
  const auto refused = second.start(port_);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, "address_in_use");
}

TEST_F(OverHttp, StoppingEndsEveryConnection) {
  Connection connection{port_};
  connection.request("GET", "/organizations");
  connection.hear();
  server_.stop();
  EXPECT_EQ(connection.hear(), "");
  EXPECT_FALSE(Connection{port_}.connected());
  server_.stop();
}

// An application's webhook endpoint: takes one POST per connection and answers with a status.
class Endpoint {
 public:
  Endpoint() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(fd_, 8);
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Endpoint() { close(fd_); }
  std::uint16_t port() const { return port_; }
  std::string take(const std::string& status) const {
    Connection connection{accept(fd_, nullptr, nullptr), true};
    std::string request = connection.hear();
    connection.say("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return request;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST_F(OverHttp, AWebhookIsSignedAndTriedAgainUntilItIsTaken) {
  const Endpoint endpoint;
  ask("POST", "/_emulator/config",
      R"({"webhook":{"url":"http://127.0.0.1:)" + std::to_string(endpoint.port()) +
          R"(/hook","secret":"whsec_1"}})");
  ask("POST", roles_, new_role_);
  EXPECT_THAT(endpoint.take("500"), StartsWith("POST /hook HTTP/1.1"));
  const std::string again = endpoint.take("204");
  const std::size_t body_at = again.find("\r\n\r\n") + 4;
  const std::string body = again.substr(body_at);
  EXPECT_THAT(body, HasSubstr("organization_role.created"));
  const std::size_t at = again.find("WorkOS-Signature: ") + 18;
  const std::string signature = again.substr(at, again.find("\r\n", at) - at);
  const std::int64_t millis = std::stoll(signature.substr(2));
  EXPECT_EQ(signature, sign_webhook("whsec_1", millis, body));
}

}  // namespace
}  // namespace rolecall::emulator
