// How soon a change at WorkOS is applied here when a webhook tells of it: measured from the moment
// at which the event stream shows it, with events visible at once and held back for three seconds.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>

#include "bench/scene/promises.hpp"
#include "tests/support/stand.hpp"

namespace {

using namespace rolecall;
using namespace rolecall::testing;
using namespace rolecall::bench;
using Clock = std::chrono::steady_clock;

constexpr int kChanges = 60;
constexpr double kPromisedMs = 100;

void pass(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time, [] { return false; });
}

std::string edit_of(const std::string& method, const std::string& path, const std::string& body) {
  return fmt::format(R"({{"method":"{}","path":"/user_management{}","body":{}}})", method, path,
                     body);
}

void measure(std::chrono::milliseconds delay, Promises& promises) {
  Stand stand;
  std::string users;
  for (int i = 0; i < kChanges; ++i)
    users += fmt::format(R"({}{{"id":"user_{}","email":"{}@x.example"}})", i == 0 ? "" : ",", i, i);
  stand.control("POST", "/_emulator/seed",
                R"({"organizations":[{"id":"org_1","name":"Acme"}],"users":[)" + users + "]}");
  stand.db().sql("select rolecall.start_events()");
  auto& worker = stand.start_worker({{"WORKOS_WEBHOOK_SECRET", "whsec_bench"}});
  stand.control(
      "POST", "/_emulator/config",
      fmt::format(
          R"({{"event_delay_ms":{},"webhook":{{"url":"http://{}/webhooks/workos","secret":"whsec_bench"}}}})",
          delay.count(), worker.address()));
  stand.until("select pulled_at is not null from rolecall.event_stream", "t");

  std::mt19937 chance(7);
  std::map<std::string, Clock::time_point> visible;
  std::vector<double> took;
  Clock::time_point next = Clock::now();
  int made = 0;
  while (std::ssize(took) < kChanges) {
    if (made < kChanges && Clock::now() >= next) {
      const std::string user = fmt::format("user_{}", made++);
      stand.control(
          "POST", "/_emulator/edit",
          edit_of(
              "POST", "/organization_memberships",
              fmt::format(R"({{"organization_id":"org_1","user_id":"{}","role_slugs":["admin"]}})",
                          user)));
      visible[user] = Clock::now() + delay;
      next = Clock::now() + std::chrono::milliseconds(200 + chance() % 400);
    }
    const auto held = stand.db().sql(
        "select workos_user_id from rolecall.organization_role_assignments where deleted_at is "
        "null");
    for (std::size_t i = 0; i < held.size(); ++i) {
      const auto found = visible.find(held.text(i, "workos_user_id"));
      if (found == visible.end()) continue;
      const std::chrono::duration<double, std::milli> late = Clock::now() - found->second;
      took.push_back(late.count());
      visible.erase(found);
    }
    pass(std::chrono::milliseconds(2));
  }
  std::ranges::sort(took);
  fmt::print(
      "events visible after {} ms: {} changes, applied after {:.0f} ms at the 90th percentile,"
      " {:.0f} ms at most\n",
      delay.count(), kChanges, took[took.size() * 9 / 10], took.back());
  promises.at_most("the median change is applied after it is visible within", kPromisedMs,
                   took[took.size() / 2], " ms");
}

}  // namespace

int main() {
  Promises promises;
  measure(std::chrono::milliseconds(0), promises);
  measure(std::chrono::milliseconds(3'000), promises);
  return promises.exit_code();
}
