// 10,000 webhooks over kept connections, every tenth of them garbage: how long an answer takes, and
// what the worker holds afterwards that it did not hold before.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fstream>
#include <vector>

#include "bench/scene/promises.hpp"
#include "tests/emulator/signature.hpp"
#include "tests/support/stand.hpp"

namespace {

using namespace rolecall::testing;
namespace asio = boost::asio;
namespace http_ns = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Request = http_ns::request<http_ns::string_body>;

constexpr int kRequests = 10'000;
constexpr int kConnections = 8;
constexpr const char* kSecret = "whsec_bench";

struct Webhook {
  std::string body;
  std::string signature;  // "": no header
  unsigned status = 204;  // what it should be answered with
};

std::string event(int n) {
  return fmt::format(
      R"({{"object":"event","id":"event_{:026}","event":"organization_membership.updated",)"
      R"("data":{{"object":"organization_membership","id":"om_{:026}","note":"{}"}},)"
      R"("created_at":"2026-01-15T12:00:00.000Z"}})",
      n, n, std::string(1'000, 'x'));
}

std::string signed_now(const std::string& body) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return rolecall::emulator::sign_webhook(
      kSecret, std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), body);
}

// Five kinds in turn.
Webhook garbage(int n) {
  const auto body = event(n);
  switch (n / 10 % 5) {
    case 0:
      return {body, "", 401};
    case 1:
      return {body, "t=now, v1=" + std::string(5'000, ','), 401};
    case 2:
      return {body + " ", signed_now(body), 401};
    case 3:
      return {std::string(200'000, '['), signed_now(body), 401};
    default: {
      const std::string no_event(20'000, '[');
      return {no_event, signed_now(no_event), 400};
    }
  }
}

Webhook webhook(int n) {
  if (n % 10 == 0) return garbage(n);
  const auto body = event(n);
  return {body, signed_now(body), 204};
}

struct Measured {
  std::vector<double> answer_ms;
  int errors = 0;
};

Request request_of(const Webhook& webhook) {
  Request request(http_ns::verb::post, "/webhooks/workos", 11);
  request.set(http_ns::field::host, "127.0.0.1");
  if (!webhook.signature.empty()) request.set("WorkOS-Signature", webhook.signature);
  request.body() = webhook.body;
  request.prepare_payload();
  return request;
}

asio::awaitable<void> send_all(asio::ip::tcp::endpoint to, int first, Measured& measured) {
  boost::beast::tcp_stream stream(co_await asio::this_coro::executor);
  co_await stream.async_connect(to, asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  for (int n = first; n < kRequests; n += kConnections) {
    const auto sent = webhook(n);
    const auto request = request_of(sent);
    const auto begun = Clock::now();
    stream.expires_after(std::chrono::seconds(30));
    co_await http_ns::async_write(stream, request, asio::use_awaitable);
    http_ns::response<http_ns::string_body> answer;
    co_await http_ns::async_read(stream, buffer, answer, asio::use_awaitable);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begun;
    measured.answer_ms.push_back(took.count());
    measured.errors += static_cast<int>(answer.result_int() != sent.status);
  }
}

Measured send_all(const std::string& address) {
  const auto colon = address.rfind(':');
  const asio::ip::tcp::endpoint to(
      asio::ip::make_address(address.substr(0, colon)),
      static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  Measured measured;
  asio::io_context io;
  for (int first = 0; first < kConnections; ++first)
    asio::co_spawn(io, send_all(to, first, measured), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  io.run();
  return measured;
}

double resident_mib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string word; file >> word;)
    if (double kib = 0; word == "VmRSS:" && file >> kib) return kib / 1024;
  return 0;
}

double at_share(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main() {
  Stand stand;
  auto& worker = stand.start_worker({{"WORKOS_WEBHOOK_SECRET", kSecret}});
  const auto address = worker.address();
  const double fresh = resident_mib(worker.pid());
  send_all(address);  // what the allocator keeps is not what webhooks leave behind
  rolecall::bench::Promises promises;
  const double before = resident_mib(worker.pid());
  const auto begun = Clock::now();
  auto measured = send_all(address);
  const std::chrono::duration<double> took = Clock::now() - begun;
  const double after = resident_mib(worker.pid());
  std::ranges::sort(measured.answer_ms);
  fmt::print("{} webhooks over {} connections, a tenth garbage, in {:.1f} s\n", kRequests,
             kConnections, took.count());
  fmt::print("answered in: p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms\n",
             at_share(measured.answer_ms, 0.5), at_share(measured.answer_ms, 0.99),
             measured.answer_ms.back());
  fmt::print("the worker's memory: {:.1f} MiB at its start, {:.1f} MiB before, {:.1f} MiB after\n",
             fresh, before, after);
  promises.at_most("answers other than they should be", 0, measured.errors, "");
  promises.at_least("answers", kRequests, static_cast<double>(measured.answer_ms.size()), "");
  promises.at_most("memory that stays", 2, after - before, " MiB");
  return promises.exit_code();
}
