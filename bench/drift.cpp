// Does a reconciliation invent drift, or overwrite what is newer? An application makes 50 mutations
// a second while people edit in the dashboard, the event stream runs late, and `rolecall reconcile`
// compares both sides again and again, every other time with --apply.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>

#include "bench/scene/promises.hpp"
#include "tests/process/reconcile_traffic.hpp"

namespace {

using namespace rolecall::testing;
using namespace rolecall::bench;
using Clock = std::chrono::steady_clock;

constexpr int kMutations = 30'000;  // unless the first argument says otherwise
constexpr double kPerSecond = 50;   // unless the second does
constexpr int kEventDelayMs = 150;
constexpr int kVisibilityMs = 300;
constexpr int kTold = 20;  // differences that are printed

struct Found {
  int passes = 0;
  int compared = 0;
  int drift = 0;
  int unjudged = 0;
  int failed = 0;
  int handed_over = 0;
  std::map<std::string, int> classes{};
};

void pass_until(Clock::time_point until) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, until, [] { return false; });
}

void tell_drift(const boost::json::object& organization, const Found& found) {
  if (found.drift > kTold) return;
  for (const auto& finding : organization.at("findings").as_array())
    if (finding.at("class").as_string() != "pending")
      fmt::print("  drift: {}\n", boost::json::serialize(finding));
}

void compare(ReconcileWorld& world, bool apply, Found& found) {
  std::vector<std::string> arguments{"--json"};
  if (apply) arguments.emplace_back("--apply");
  const auto said = world.reconcile(std::move(arguments));
  boost::system::error_code broken;
  const auto document = boost::json::parse(said.output, broken);
  if (broken) throw std::runtime_error("no JSON: " + said.output.substr(0, 2'000));
  ++found.passes;
  found.compared += static_cast<int>(document.at("compared").as_int64());
  const auto drift = static_cast<int>(document.at("drift").as_int64());
  found.drift += drift;
  for (const auto& [kind, n] : document.at("found").as_object())
    found.classes[kind] += static_cast<int>(n.as_int64());
  for (const auto& [outcome, n] : document.at("repaired").as_object())
    found.handed_over += static_cast<int>(n.as_int64());
  for (const auto& one : document.at("organizations").as_array()) {
    const auto& organization = one.as_object();
    if (!organization.at("failure").is_null()) ++found.failed;
    found.unjudged += static_cast<int>(organization.at("unjudged").as_array().size());
    if (drift > 0) tell_drift(organization, found);
  }
  std::fflush(stdout);
}

void settle(ReconcileWorld& world) {
  const auto until = Clock::now() + std::chrono::minutes(5);
  while (!world.differences().empty() && Clock::now() < until)
    pass_until(Clock::now() + std::chrono::milliseconds(500));
  world.settle();
}

}  // namespace

int main(int argc, char** argv) {
  const int mutations = argc > 1 ? std::stoi(argv[1]) : kMutations;
  const double per_second = argc > 2 ? std::stod(argv[2]) : kPerSecond;
  if (mutations < 1 || per_second <= 0) {
    fmt::print(stderr, "bench_drift [mutations] [mutations a second], both above 0\n");
    return 2;
  }
  ReconcileWorld world({.organizations = 3,
                        .members = 120,
                        .roles = 8,
                        .strangers = 30,
                        .event_delay_ms = kEventDelayMs});
  world.db().sql(
      fmt::format("update rolecall.provider_control set visibility_ms = {}", kVisibilityMs));
  world.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
  world.db().sql("select rolecall.start_events()");
  world.settle();

  Traffic traffic(world, 1);
  auto people = std::async(std::launch::async, [&] {
    const auto begun = Clock::now();
    for (int i = 0; i < mutations; ++i) {
      pass_until(begun + std::chrono::microseconds(static_cast<long>(1e6 / per_second * i)));
      traffic.step();
    }
  });
  Found found;
  while (people.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    compare(world, found.passes % 2 == 1, found);
  people.get();
  fmt::print("{} mutations ({} refused) and {} edits; {} passes compared {} things\n",
             traffic.mutations(), traffic.refused(), traffic.edits(), found.passes, found.compared);
  for (const auto& [kind, n] : found.classes) fmt::print("  found {} {}\n", n, kind);
  fmt::print("  {} repairs begun\n", found.handed_over);
  std::fflush(stdout);

  settle(world);
  const auto overwritten = traffic.overwritten();
  for (const auto& line : overwritten) fmt::print("  overwritten: {}\n", line);
  Found last;
  compare(world, false, last);
  Promises promises;
  promises.at_most("false drift reported", 0, found.drift, "");
  promises.at_most("passes over an organization that failed", 0, found.failed, "");
  promises.at_most("things that could not be judged, of all that were compared", 1,
                   100.0 * found.unjudged / found.compared, " %");
  promises.at_most("newest changes that were overwritten", 0,
                   static_cast<double>(overwritten.size()), "");
  promises.at_most("differences in the end", 0, static_cast<double>(world.differences().size()),
                   "");
  promises.at_most("differences that the last pass found", 0, last.drift, "");
  return promises.exit_code();
}
