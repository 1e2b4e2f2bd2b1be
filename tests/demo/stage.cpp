#include "tests/demo/stage.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "tests/demo/seed.hpp"

namespace rolecall::demo {
namespace {

namespace json = boost::json;

constexpr auto kDatabase = "rolecall_demo";

Database connect(const std::string& url) {
  auto database = Database::connect(url);
  if (!database) throw std::runtime_error(database.error().detail);
  return std::move(*database);
}

std::string with_database(std::string url, const std::string& database) {
  const auto end = url.find('?');
  const auto begin = url.rfind('/', end) + 1;
  return url.replace(begin, (end == std::string::npos ? url.size() : end) - begin, database);
}

}  // namespace

Stage::Stage(const Plan& plan) : plan_(plan) {
  for (const auto* name : {"emulator.log", "worker.log"})
    std::filesystem::remove(plan_.log_dir + "/" + name);
  auto cluster = connect(plan_.cluster_url);
  must(cluster.run(fmt::format("drop database if exists {} with (force)", kDatabase)));
  must(cluster.run(fmt::format("create database {}", kDatabase)));
  database_url_ = with_database(plan_.cluster_url, kDatabase);
  const auto migrated = testing::run(
      {{plan_.programs + "/rolecall", "migrate"}, {{"DATABASE_URL", database_url_}}, ""});
  if (migrated.exit_code != 0) throw std::runtime_error("rolecall migrate: " + migrated.output);
  database_ = std::make_unique<Database>(connect(database_url_));
  // As the emulator, which is told to limit nothing.
  must(database_->run("update rolecall.provider_budgets set limit_calls = 1000000, per_ms = 1000"));

  emulator_process_ = std::make_unique<testing::Process>(
      testing::ProcessOptions{{plan_.programs + "/workos-emulator", "--port", "0", "--rate-limits",
                               "off", "--multiple-roles", "--api-key", api_key_},
                              {},
                              plan_.log_dir + "/emulator.log"});
  emulator_address_ = emulator_process_->address();
}

void Stage::control(const std::string& method, const std::string& path, const std::string& body) {
  demo::control(emulator_address_, method, path, body);
}

void Stage::seed() {
  demo::seed(plan_, *database_, emulator_address_);
}

void Stage::start_worker() {
  workers_.emplace_back(
      testing::ProcessOptions{{plan_.programs + "/rolecall", "run", "--listen", "127.0.0.1:0"},
                              {{"DATABASE_URL", database_url_},
                               {"WORKOS_API_KEY", api_key_},
                               {"WORKOS_API_BASE_URL", "http://" + emulator_address_}},
                              plan_.log_dir + "/worker.log"});
  workers_.back().address();
}

std::string Stage::kill_worker() {
  const auto sessions = must(database_->run(
      "select array_agg(id)::text as ids from rolecall.worker_sessions where process_id = $1::int",
      {std::to_string(workers_.front().pid())}));
  auto ids = sessions.text(0, "ids");
  // In the middle of its work, as far as the database shows it.
  for (int looks = 0; looks < 2000 && lanes_held_by(ids) == 0;) ++looks;
  workers_.front().kill();
  workers_.erase(workers_.begin());
  return ids;
}

std::int64_t Stage::lanes_held_by(const std::string& sessions) {
  return must(database_->run(
                  "select count(*) as n from rolecall.lanes where leased_by = any ($1::bigint[])",
                  {sessions}))
      .number(0, "n");
}

void Stage::drain_workers() {
  for (auto& worker : workers_) worker.signal(SIGTERM);
  for (auto& worker : workers_) {
    const auto code = worker.wait(std::chrono::seconds(30));
    if (code != 0)
      throw std::runtime_error("a worker did not drain: exit " + std::to_string(code.value_or(-1)));
  }
  workers_.clear();
}

void Stage::faults_on() {
  const json::object any{{"method", "GET|POST|PUT|PATCH|DELETE"}, {"path", "/(?!_emulator).*"}};
  const auto fault = [&](json::object what) {
    what["match"] = any;
    control("POST", "/_emulator/faults", json::serialize(what));
  };
  fault({{"action", "status"}, {"status", 429}, {"retry_after", 1}, {"probability", 0.03}});
  fault({{"action", "status"}, {"status", 500}, {"probability", 0.03}});
  fault({{"action", "reset"}, {"probability", 0.03}});
  fault({{"action", "apply_then_reset"}, {"probability", 0.03}});
  fault({{"action", "delay"}, {"delay_ms", 60}, {"probability", 0.5}});
}

void Stage::faults_off() {
  control("DELETE", "/_emulator/faults", "");
}

void Stage::outage(int seconds) {
  control("POST", "/_emulator/outage", json::serialize(json::object{{"seconds", seconds}}));
}

Calls Stage::calls() {
  const auto log = json::parse(demo::control(emulator_address_, "GET", "/_emulator/log"));
  Calls calls;
  for (const auto& entry : log.at("requests").as_array()) {
    const auto& method = entry.at("method").as_string();
    const auto status = entry.at("status").to_number<int>();
    ++calls.all;
    if (method != "GET") ++calls.writes;
    if (status == 429 || status >= 500) ++calls.refused;
  }
  return calls;
}

}  // namespace rolecall::demo
