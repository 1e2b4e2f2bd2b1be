#include "tests/support/stand.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "tests/support/http.hpp"

namespace rolecall::testing {
namespace {

constexpr auto kApiKey = "sk_test_stand";
constexpr auto kBound = std::chrono::seconds(60);
constexpr std::size_t kTold = 10'000;  // characters of each worker's output

std::string last_of(const std::string& output) {
  return output.substr(output.size() - std::min(output.size(), kTold));
}

}  // namespace

std::string program_path(const std::string& name) {
  const char* dir = std::getenv("ROLECALL_BIN_DIR");
  if (dir == nullptr) throw std::runtime_error("set ROLECALL_BIN_DIR to the programs' folder");
  return std::string(dir) + "/" + name;
}

Stand::Stand(StandOptions options) : Stand(options, std::make_unique<TestDatabase>()) {}

Stand::Stand(StandOptions options, std::unique_ptr<TestDatabase> database)
    : database_(std::move(database)) {
  std::vector<std::string> command{program_path("workos-emulator"), "--port", "0", "--api-key",
                                   kApiKey};
  command.insert(command.end(), options.emulator_flags.begin(), options.emulator_flags.end());
  emulator_ = std::make_unique<Process>(ProcessOptions{command, {}, ""});
  emulator_address_ = emulator_->address();
  if (options.seeded) seed();
}

void Stand::seed() {
  db().sql("update rolecall.provider_control set visibility_ms = 50, send_window_ms = 2000");
  // As the emulator, which is told to limit nothing.
  db().sql("update rolecall.provider_budgets set limit_calls = 1000000, per_ms = 1000");
  db().sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  std::string users;
  for (const auto* name : {"ann", "bob", "eve"}) {
    const std::string person(name);
    db().sql("select rolecall.upsert_user($1, $2, $3)",
             {person, person + "@example.com", "user_" + person});
    users += (users.empty() ? "" : ",") + std::string(R"({"id":"user_)") + person +
             R"(","email":")" + person + R"(@example.com"})";
  }
  db().sql("select rolecall.upsert_global_role('admin', 'Admin')");
  db().sql("select rolecall.upsert_global_role('member', 'Member')");
  control("POST", "/_emulator/seed",
          R"({"organizations":[{"id":"org_1","name":"Acme"}],"users":[)" + users + "]}");
}

ProcessOptions Stand::program(std::vector<std::string> arguments,
                              std::map<std::string, std::string> settings) const {
  arguments.insert(arguments.begin(), program_path("rolecall"));
  settings.insert({{"DATABASE_URL", database_->url()},
                   {"WORKOS_API_KEY", kApiKey},
                   {"WORKOS_API_BASE_URL", "http://" + emulator_address_},
                   {"ROLECALL_LISTEN", "127.0.0.1:0"}});
  return {std::move(arguments), std::move(settings), ""};
}

Process& Stand::start_worker(std::map<std::string, std::string> settings) {
  workers_.push_back(std::make_unique<Process>(program({"run"}, std::move(settings))));
  return *workers_.back();
}

Finished Stand::rolecall(std::vector<std::string> arguments,
                         std::map<std::string, std::string> settings) const {
  return run(program(std::move(arguments), std::move(settings)));
}

std::string Stand::control(const std::string& method, const std::string& path,
                           const std::string& body) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.body = body;
  if (!body.empty()) request.headers["content-type"] = "application/json";
  const auto response = http(emulator_address_, request);
  if (response.status >= 300)
    throw std::runtime_error(method + " " + path + " answered " + std::to_string(response.status) +
                             ": " + response.body);
  return response.body;
}

void Stand::fault(const std::string& method, const std::string& path, const std::string& action,
                  const std::string& more) {
  control("POST", "/_emulator/faults",
          R"({"match":{"method":")" + method + R"(","path":")" + path + R"("},"action":")" +
              action + "\"" + (more.empty() ? "" : "," + more) + "}");
}

std::string Stand::api(const std::string& target) {
  HttpRequest request;
  request.target = target;
  request.headers["authorization"] = std::string("Bearer ") + kApiKey;
  return http(emulator_address_, request).body;
}

// What is not confirmed, and all that the next lease would know of it.
std::string Stand::unconfirmed() {
  return db().value(
      "select string_agg(json_build_object('state', c.state, 'subject', to_jsonb(s), 'lane', "
      "to_jsonb(l), 'observed', to_jsonb(o), 'sends', (select json_agg(x) from rolecall.sends x "
      "where x.subject = s.subject and x.state <> 'answered'), 'slugs', (select json_agg(x) from "
      "rolecall.subjects x where x.kind like 'role.%' and x.desired ->> 'organization' = s.desired "
      "->> 'organization' and s.desired -> 'roles' ? (x.desired ->> 'slug')))::text, e'\\n') from "
      "(select * from rolecall.convergence where state <> 'confirmed' limit 10) c join "
      "rolecall.subjects s using (subject) left join rolecall.lanes l using (subject) left join "
      "rolecall.observed o using (subject)");
}

void Stand::until(const std::function<bool()>& holds, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  std::mutex mutex;
  std::condition_variable never;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      std::string story = "this never came true: " + what + "\n" + unconfirmed();
      for (const auto& worker : workers_) story += "\n" + last_of(worker->output());
      throw std::runtime_error(story);
    }
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(10));
  }
}

void Stand::until(const std::string& sql, const std::string& value) {
  until([&] { return db().value(sql) == value; }, sql + " = " + value);
}

void Stand::settle() {
  until("select count(*) > 0 and bool_and(state = 'confirmed') from rolecall.convergence", "t");
}

}  // namespace rolecall::testing
