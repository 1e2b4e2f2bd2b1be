#include "tests/demo/traffic.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "outbox/pg/query.hpp"

namespace rolecall::demo {

std::string organization_id(int number) {
  return fmt::format("acme-{:02}", number);
}
std::string workos_organization_id(int number) {
  return fmt::format("org_demo{:04}", number);
}
std::string user_id(int number) {
  return fmt::format("person-{:05}", number);
}
std::string workos_user_id(int number) {
  return fmt::format("user_demo{:05}", number);
}

struct Traffic::State {
  Plan plan;
  std::string url;
  TrafficCounts counts;
  std::atomic<int> next{0};
  std::atomic<int> running{0};
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  std::string error;
  std::vector<std::thread> threads;
  std::chrono::steady_clock::time_point began;

  void stop(const std::string& why) {
    const std::lock_guard lock(mutex);
    stopped = true;
    if (error.empty()) error = why;
    changed.notify_all();
  }

  // Waits until mutation `number` is due; false when the traffic was stopped.
  bool due(int number) {
    const auto at = began + plan.traffic * number / plan.mutations;
    std::unique_lock lock(mutex);
    changed.wait_until(lock, at, [this] { return stopped; });
    return !stopped;
  }
};

namespace {

// One client: mutation n is decided by the seed and n, so that a run can be repeated.
class Client {
 public:
  Client(Traffic::State& state, Database database)
      : state_(state), database_(std::move(database)) {}

  void run() {
    for (;;) {
      const int n = state_.next.fetch_add(1);
      if (n >= state_.plan.mutations || !state_.due(n)) return;
      mutate(n);
    }
  }

 private:
  // Members and roles belong to organizations in turn.
  int home_of(int member) const { return member % state_.plan.organizations; }

  void mutate(int n) {
    const auto& plan = state_.plan;
    random_.seed(plan.seed * 1'000'003 + static_cast<std::uint64_t>(n));
    const int roles = plan.organizations * plan.roles_each;
    if (n < roles) {
      call("select rolecall.create_role($1, $2)",
           {organization_id(n % plan.organizations),
            fmt::format("Team {}", n / plan.organizations + 1)});
    } else if (n < roles + plan.members) {
      const int member = n - roles;
      call("select rolecall.add_member($1, $2, $3::text[])",
           {organization_id(home_of(member)), user_id(member), some_roles(home_of(member))});
    } else {
      change();
    }
  }

  void change() {
    const auto& plan = state_.plan;
    const int member = pick(plan.members);
    const auto organization = organization_id(home_of(member));
    const int dice = pick(100);
    if (dice < 45) {
      call("select rolecall.set_member_roles($1, $2, $3::text[])",
           {organization, user_id(member), some_roles(home_of(member))});
    } else if (dice < 65) {
      call("select rolecall.add_member_role($1, $2, $3)",
           {organization, user_id(member), one_role(home_of(member))});
    } else if (dice < 80) {
      call("select rolecall.remove_member_role($1, $2, $3)",
           {organization, user_id(member), one_role(home_of(member))});
    } else if (dice < 88) {
      call("select rolecall.update_role($1, description => $2)",
           {one_role(home_of(member)), fmt::format("Changed in step {}", pick(1'000'000))});
    } else if (dice < 93) {
      call("select rolecall.remove_member($1, $2)", {organization, user_id(member)});
    } else if (dice < 98) {
      call("select rolecall.add_member($1, $2, $3::text[])",
           {organization, user_id(member), some_roles(home_of(member))});
    } else if (dice < 99) {
      call("select rolecall.delete_role($1)", {one_role(home_of(member))});
    } else {
      call("select rolecall.create_role($1, $2)",
           {organization, fmt::format("Team {}", pick(plan.roles_each) + 1)});
    }
  }

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  // URNs of up to `limit` active roles of the organization, environment roles among them.
  std::string urns(int home, int limit) {
    const auto rows = database_.run(
        "select role_urn from rolecall.list_roles($1) order by md5(role_urn || $2) limit $3::int",
        {organization_id(home), std::to_string(pick(1'000'000)), std::to_string(limit)});
    if (!rows) throw std::runtime_error(rows.error().detail);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < rows->size(); ++i) found.push_back(rows->text(i, "role_urn"));
    if (limit == 1) return found.empty() ? "" : found[0];
    return array_literal(found);
  }
  std::string one_role(int home) { return urns(home, 1); }
  std::string some_roles(int home) { return urns(home, 1 + pick(3) + 1); }

  void call(const std::string& sql, const Params& params) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto rows = database_.run(sql, params);
      if (rows) {
        ++state_.counts.committed;
        return;
      }
      const auto& failure = rows.error();
      if (failure.code == "40001" || failure.code == "40P01") {
        ++state_.counts.retried;
        continue;
      }
      // The functions' own refusals; anything else is a defect.
      for (const auto* code : {"22023", "23505", "P0002", "55000", "42501", "23514", "22000"})
        if (failure.code == code) {
          ++state_.counts.refused;
          return;
        }
      throw std::runtime_error(sql + ": " + failure.code + " " + failure.detail);
    }
    throw std::runtime_error(sql + ": still a serialization failure after 20 tries");
  }

  Traffic::State& state_;
  Database database_;
  std::mt19937_64 random_;
};

}  // namespace

Traffic::Traffic(const Plan& plan, std::string database_url) : state_(std::make_unique<State>()) {
  state_->plan = plan;
  state_->url = std::move(database_url);
}

Traffic::~Traffic() {
  if (!state_) return;
  state_->stop("stopped");
  for (auto& thread : state_->threads)
    if (thread.joinable()) thread.join();
}

void Traffic::start() {
  state_->began = std::chrono::steady_clock::now();
  state_->running = state_->plan.clients;
  for (int i = 0; i < state_->plan.clients; ++i)
    state_->threads.emplace_back([state = state_.get()] {
      try {
        auto database = Database::connect(state->url);
        if (!database) throw std::runtime_error(database.error().detail);
        Client(*state, std::move(*database)).run();
      } catch (const std::exception& error) {
        state->stop(error.what());
      }
      --state->running;
    });
}

bool Traffic::finished() const {
  return state_->running == 0;
}

void Traffic::join() {
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
  if (!state_->error.empty()) throw std::runtime_error("the traffic failed: " + state_->error);
}

const TrafficCounts& Traffic::counts() const {
  return state_->counts;
}

}  // namespace rolecall::demo
