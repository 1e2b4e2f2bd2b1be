// rolecall-demo -- commits mutations from concurrent clients while workers are killed and WorkOS
// misbehaves, then compares both sides in full. Exit 0 only if they agree and all is confirmed.
// `rolecall-demo traffic` makes mutations only, for services that run already.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "tests/demo/comparison.hpp"
#include "tests/demo/seed.hpp"
#include "tests/demo/stage.hpp"
#include "tests/demo/traffic.hpp"
#include "tests/demo/visit.hpp"

namespace rolecall::demo {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Progress {
  std::int64_t subjects = 0, confirmed = 0, waiting = 0, attention = 0;
};

class Demonstration {
 public:
  explicit Demonstration(const Plan& plan)
      : plan_(plan), stage_(plan), traffic_(plan, stage_.database_url()), began_(Clock::now()) {}

  int run() {
    stage_.seed();
    for (int i = 0; i < plan_.workers; ++i) stage_.start_worker();
    say("{} organizations, {} members, {} workers; {} mutations from {} clients begin",
        plan_.organizations, plan_.members, plan_.workers, plan_.mutations, plan_.clients);
    began_ = Clock::now();
    stage_.faults_on();
    traffic_.start();
    disturb();
    say("all mutations are made; faults end");
    stage_.faults_off();
    const bool confirmed = wait_until_confirmed();
    return report(confirmed) ? 0 : 1;
  }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    if (shown_) fmt::print("\n");
    shown_ = false;
    fmt::print("{:6.1f} s  {}\n", seconds(), fmt::format(text, std::forward<Args>(args)...));
    std::fflush(stdout);
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  void pause(milliseconds span) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, span, [] { return false; });
  }

  Progress progress() {
    const auto rows = must(stage_.database().run(
        "select count(*) as subjects, count(*) filter (where state = 'confirmed') as confirmed,"
        " count(*) filter (where state in ('pending', 'delivered')) as waiting,"
        " count(*) filter (where state = 'attention') as attention from rolecall.convergence"));
    return {rows.number(0, "subjects"), rows.number(0, "confirmed"), rows.number(0, "waiting"),
            rows.number(0, "attention")};
  }

  // One line that is rewritten on a terminal; a line every ten seconds elsewhere.
  void show() {
    const bool terminal = ::isatty(1) != 0;
    if (!terminal && seconds() < next_line_) return;
    next_line_ = seconds() + 10;
    const auto now = progress();
    const auto line = fmt::format(
        "{:6.1f} s  {} of {} mutations, {} of {} subjects confirmed, {} "
        "on their way, {} in attention",
        seconds(), traffic_.counts().committed.load(), plan_.mutations, now.confirmed, now.subjects,
        now.waiting, now.attention);
    fmt::print("{}{}{}", terminal ? "\r" : "", line, terminal ? "\x1b[K" : "\n");
    std::fflush(stdout);
    shown_ = terminal;
  }

  // While the traffic runs: kills at even distances, then one outage.
  void disturb() {
    int kills = 0;
    bool outage_made = false;
    while (!traffic_.finished()) {
      pause(milliseconds(250));
      show();
      const double done = seconds() / static_cast<double>(plan_.traffic.count());
      if (kills < plan_.kills && done > (kills + 1.0) / (plan_.kills + 1.5)) {
        ++kills;
        kill_one(kills);
      }
      if (!outage_made && done > 0.72) {
        outage_made = true;
        say("WorkOS is gone for {} s", plan_.outage_seconds);
        stage_.outage(plan_.outage_seconds);
      }
    }
    traffic_.join();
    if (kills < plan_.kills || !outage_made)
      throw std::runtime_error("the traffic ended before the disturbances did");
  }

  // The time from SIGKILL until the dead worker holds no lane any more, seen from the database.
  void kill_one(int number) {
    const auto sessions = stage_.kill_worker();
    const auto killed = Clock::now();
    const auto orphaned = stage_.lanes_held_by(sessions);
    say("worker killed (SIGKILL, {} of {}) with {} lanes leased", number, plan_.kills, orphaned);
    while (stage_.lanes_held_by(sessions) > 0) {
      pause(milliseconds(10));
      if (Clock::now() - killed > std::chrono::seconds(40))
        throw std::runtime_error("lanes of a killed worker were never freed");
    }
    const auto span = std::chrono::duration<double>(Clock::now() - killed).count();
    say("its lanes were leasable again after {:.2f} s", span);
    rescues_.push_back(span);
    stage_.start_worker();
  }

  bool wait_until_confirmed() {
    while (std::chrono::seconds(static_cast<int>(seconds())) < plan_.most) {
      const auto now = progress();
      if (now.confirmed == now.subjects) return true;
      show();
      pause(milliseconds(500));
    }
    return false;
  }

  std::int64_t number(const std::string& sql) {
    return must(stage_.database().run(sql)).number(0, "n");
  }

  bool report(bool confirmed) {
    const auto now = progress();
    const auto calls = stage_.calls();
    const auto versions = number("select coalesce(sum(version), 0) as n from rolecall.subjects");
    const auto failures =
        number("select count(*) as n from rolecall.outbox_attempts where outcome <> 'delivered'");
    const auto both = compare(stage_.database(), stage_.emulator(), stage_.api_key());
    const double took = seconds();
    stage_.drain_workers();

    say("done");
    fmt::print("\n  mutations committed     {:>8}   (refused by rules {}, retried in SQL {})\n",
               traffic_.counts().committed.load(), traffic_.counts().refused.load(),
               traffic_.counts().retried.load());
    fmt::print("  outbox versions         {:>8}\n", versions);
    fmt::print("  calls to WorkOS         {:>8}   ({} writes, {} reads; {} answered 429 or 5xx)\n",
               calls.all, calls.writes, calls.all - calls.writes, calls.refused);
    fmt::print("  writes saved            {:>8}   (versions that a newer one superseded)\n",
               std::max<std::int64_t>(0, versions - (calls.writes - failures)));
    fmt::print("  failed attempts         {:>8}\n", failures);
    std::string spans;
    for (const double span : rescues_) spans += fmt::format(" {:.2f} s", span);
    fmt::print("  workers killed          {:>8}   (lanes leasable again after{})\n",
               rescues_.size(), spans);
    fmt::print("  confirmed subjects      {:>8} of {}\n", now.confirmed, now.subjects);
    fmt::print(
        "  compared                {:>8} organizations, {} roles, {} members, {} roles "
        "held\n",
        both.organizations, both.roles, both.members, both.assignments);
    fmt::print("  time                    {:>8.1f} s\n\n", took);
    show_convergence();
    for (std::size_t i = 0; i < both.differences.size() && i < 20; ++i)
      fmt::print("  DIFFERENT: {}\n", both.differences[i]);
    if (!confirmed) show_unconfirmed();
    const bool holds = confirmed && both.differences.empty() && both.members > 0;
    fmt::print("{}\n", holds ? "Both sides agree, and every subject is confirmed."
                             : fmt::format("NOT PROVED: {} differences, {} subjects unconfirmed",
                                           both.differences.size(), now.subjects - now.confirmed));
    return holds;
  }

  void show_convergence() {
    const auto rows =
        must(stage_.database().run("select state, count(*) as n, max(lag) as lag from "
                                   "rolecall.convergence group by 1 order by 1"));
    fmt::print("  select state, count(*) from rolecall.convergence group by 1;\n");
    for (std::size_t i = 0; i < rows.size(); ++i)
      fmt::print("    {:<12} {:>8}\n", rows.text(i, "state"), rows.text(i, "n"));
    fmt::print("\n");
  }

  void show_unconfirmed() {
    const auto rows = must(stage_.database().run(
        "select c::text as c from rolecall.convergence c where state <> 'confirmed' limit 10"));
    for (std::size_t i = 0; i < rows.size(); ++i) fmt::print("  {}\n", rows.text(i, "c"));
    const auto reasons =
        must(stage_.database().run("select a::text as a from rolecall.attention a limit 10"));
    for (std::size_t i = 0; i < reasons.size(); ++i) fmt::print("  {}\n", reasons.text(i, "a"));
  }

  Plan plan_;
  Stage stage_;
  Traffic traffic_;
  Clock::time_point began_;
  std::vector<double> rescues_;
  std::mutex mutex_;
  std::condition_variable changed_;
  double next_line_ = 0;
  bool shown_ = false;
};

}  // namespace
}  // namespace rolecall::demo

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "traffic")
    return rolecall::demo::visit(argc - 1, argv + 1);
  rolecall::demo::Plan plan;
  CLI::App app("Shows that role mutations reach WorkOS whatever crashes.");
  app.add_option("--cluster", plan.cluster_url, "superuser URL of a PostgreSQL cluster")
      ->required();
  app.add_option("--programs", plan.programs, "folder with rolecall and workos-emulator")
      ->required();
  app.add_option("--log-dir", plan.log_dir, "where the programs' output goes")->required();
  app.add_option("--mutations", plan.mutations, "how many mutations");
  app.add_option("--organizations", plan.organizations, "how many organizations");
  app.add_option("--members", plan.members, "how many members in all");
  app.add_option("--seed", plan.seed, "decides every mutation");
  CLI11_PARSE(app, argc, argv);
  try {
    return rolecall::demo::Demonstration(plan).run();
  } catch (const std::exception& error) {
    std::cerr << "\nrolecall-demo: " << error.what() << "\n";
    return 3;
  }
}
