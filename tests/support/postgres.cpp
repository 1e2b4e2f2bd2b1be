#include "tests/support/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <stdexcept>

#include "outbox/pg/migrator.hpp"
#include "outbox_functions.hpp"
#include "schema_functions.hpp"
#include "schema_migrations.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

template <class T>
T must(Result<T> result, const std::string& what) {
  if (result.has_error())
    throw std::runtime_error(
        fmt::format("{}: {}: {}", what, result.error().code, result.error().detail));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Of the roles of Rolecall, in a run through a pooler: it does not let a superuser become them.
constexpr const char* kRolePassword = "a-test";

std::string script(const std::string& name) {
  return (source_dir() / "tests/support" / name).string();
}

// Runs the script; answers the first line that it prints.
std::string run_script(const std::string& name, const std::string& arguments) {
  const std::string command = fmt::format("'{}' {}", script(name), arguments);
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::array<char, 1024> buffer{};
  std::string line;
  if (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) line = buffer.data();
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(command + " failed");
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

std::string cluster(const std::string& arguments) {
  return run_script("cluster", arguments);
}

// A name that no other test process uses.
std::string fresh_name(const std::string& prefix) {
  static std::atomic<int> count{0};
  static const unsigned random = std::random_device{}();
  return fmt::format("{}_{}_{:08x}_{}", prefix, ::getpid(), random, ++count);
}

std::string fresh_directory() {
  return (std::filesystem::temp_directory_path() / fresh_name("rolecall-test-pg")).string();
}

std::string start_for_this_process() {
  return cluster(fmt::format("start '{}' --while-alive {}", fresh_directory(), ::getpid()));
}

std::string keyword_of(const std::string& url, const std::string& keyword) {
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  if (options == nullptr) throw std::runtime_error("no connection string: the test cluster's URL");
  std::string out;
  for (const auto* option = options; option->keyword != nullptr; ++option)
    if (option->val != nullptr && keyword == option->keyword) out = option->val;
  PQconninfoFree(options);
  return out;
}

// The port of this process's pooler before that cluster, whose directory is that of its socket.
int pooler_port(const std::string& cluster_url) {
  static std::map<std::string, int> ports;
  const std::string directory = keyword_of(cluster_url, "host");
  if (!ports.contains(directory)) {
    const auto address =
        run_script("pooler", fmt::format("start '{}' --cluster '{}' --while-alive {}",
                                         fresh_directory(), directory, ::getpid()));
    ports[directory] = std::stoi(address.substr(address.rfind(':') + 1));
  }
  return ports[directory];
}

std::string template_name() {
  std::size_t digest = 0;
  const auto add = [&](const auto& files) {
    for (const auto& file : files)
      digest = digest * 1099511628211U ^ std::hash<std::string_view>{}(file.text);
  };
  add(schema_migrations::files());
  add(outbox_functions::files());
  add(schema_functions::files());
  return fmt::format("rolecall_template_{:016x}", digest);
}

// A copy of a database takes as long as it has files: of each partitioned table three days stay;
// the worker's maintenance makes the others again.
constexpr const char* kFewerPartitions = R"(
do $$ declare p record; begin
  for p in select child from (
      select i.inhrelid::regclass::text as child,
             row_number() over (partition by i.inhparent
                                order by i.inhrelid::regclass::text) as place
        from pg_inherits i join pg_class c on c.oid = i.inhparent
       where c.relkind = 'p' and c.relnamespace = 'rolecall'::regnamespace) x where place > 3 loop
    execute format('drop table %s', p.child);
  end loop;
end $$)";

// tests/mutants/run names a file of statements that takes one mechanism away; its test must fail.
void apply_mutant(const std::string& url) {
  const char* path = std::getenv("ROLECALL_TEST_MUTANT");
  if (path == nullptr || *path == '\0') return;
  std::ifstream in(path);
  const std::string statements{std::istreambuf_iterator<char>(in), {}};
  if (statements.empty()) throw std::runtime_error(std::string("no mutant in ") + path);
  must(must(Database::connect(url), "connecting").script(statements), "applying the mutant");
}

// A pooler knows roles by their password.
constexpr const char* kRolesLogIn = R"(
do $$ declare r text; begin
  foreach r in array array['rolecall_app', 'rolecall_worker', 'rolecall_operator'] loop
    if not (select rolcanlogin from pg_roles where rolname = r) then
      execute format('alter role %I login password %L', r, 'a-test');
    end if;
  end loop;
end $$)";

// Made once per cluster and schema; two test programs at once take turns.
std::string ensure_template(const std::string& cluster_url) {
  const std::string name = template_name();
  auto admin = must(Database::connect(cluster_url), "connecting to the test cluster");
  must(admin.run("select pg_advisory_lock(7069)"), "waiting for the template");
  const auto there = must(admin.run("select 1 from pg_database where datname = $1", {name}),
                          "looking for the template");
  if (there.empty()) {
    const std::string making = name + "_making";
    must(admin.run("drop database if exists " + making + " with (force)"),
         "dropping a half made one");
    must(admin.run("create database " + making), "making the template");
    const std::string url = with_database(cluster_url, making);
    must(migrate(url, false, {}), "migrating the template");
    must(must(Database::connect(url), "connecting").script(kFewerPartitions),
         "dropping partitions");
    apply_mutant(url);
    must(admin.run("alter database " + making + " rename to " + name), "naming the template");
  }
  if (through_pooler()) must(admin.script(kRolesLogIn), "letting roles log in");
  must(admin.run("select pg_advisory_unlock(7069)"), "unlocking");
  return name;
}

}  // namespace

const std::string& shared_cluster_url() {
  static const std::string url = [] {
    const char* given = std::getenv("ROLECALL_TEST_CLUSTER");
    return given != nullptr && *given != '\0' ? std::string(given) : start_for_this_process();
  }();
  return url;
}

bool through_pooler() {
  static const bool yes = [] {
    const char* name = std::getenv("ROLECALL_TEST_POOLER");
    if (name == nullptr || *name == '\0') return false;
    if (std::string(name) != "pgbouncer")
      throw std::runtime_error("ROLECALL_TEST_POOLER may be pgbouncer, or not set");
    return true;
  }();
  return yes;
}

std::string with_database(const std::string& url, const std::string& database) {
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  if (options == nullptr) throw std::runtime_error("no connection string: the test cluster's URL");
  std::string out = "dbname=" + database;
  for (const auto* option = options; option->keyword != nullptr; ++option)
    if (option->val != nullptr && std::string(option->keyword) != "dbname")
      out += fmt::format(" {}='{}'", option->keyword, option->val);
  PQconninfoFree(options);
  return out;
}

TestDatabase::TestDatabase(Schema schema) : TestDatabase(schema, shared_cluster_url()) {}

TestDatabase::TestDatabase(Schema schema, std::string cluster_url)
    : cluster_url_(std::move(cluster_url)), name_(fresh_name("test")) {
  const std::string from = schema == Schema::migrated ? ensure_template(cluster_url_) : "template0";
  auto admin = must(Database::connect(cluster_url_), "connecting to the test cluster");
  // Through the write-ahead log, the default, a copy takes twice as long.
  must(admin.run(fmt::format("create database {} template {} strategy file_copy", name_, from)),
       "making a database");
  url_ = with_database(cluster_url_, name_);
  store_url_ = url_;
  if (!through_pooler() || schema == Schema::empty) return;
  const auto store = pooled();
  pooled_url_ = pooled(Millis{0}).url();
  store_url_ = store.url();
  connection_.reset();  // it was made before there was another way
}

TestDatabase::~TestDatabase() {
  connection_.reset();
  auto admin = Database::connect(cluster_url_);
  if (admin.has_error()) return;  // the test stopped its cluster; nothing is left to drop
  static_cast<void>(admin->run(fmt::format("drop database if exists {} with (force)", name_)));
  for (const auto& login : logins_)
    static_cast<void>(admin->run(fmt::format("drop role if exists {}", login)));
}

std::string TestDatabase::TcpAddress::url() const {
  return fmt::format("postgresql://{}:{}@{}:{}/{}", user, password, host, port, database);
}

TestDatabase::TcpAddress TestDatabase::tcp() {
  const std::string user = fmt::format("{}_tcp_{}", name_, logins_.size());
  const std::string password =
      fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}());
  sql(fmt::format("create role {} superuser login password '{}'", user, password));
  logins_.push_back(user);
  return {.host = "127.0.0.1",
          .port = std::stoi(value("show port")),
          .user = user,
          .password = password,
          .database = name_};
}

TestDatabase::TcpAddress TestDatabase::pooled(Millis statement_timeout) {
  auto address = tcp();
  address.port = pooler_port(cluster_url_);
  // Nothing that a connection asks for passes a pooler; what the role has does.
  sql(fmt::format("alter role {} set statement_timeout = {}", address.user,
                  statement_timeout.count()));
  return address;
}

std::string TestDatabase::pooled_url_as(const std::string& role) const {
  return TcpAddress{"127.0.0.1", pooler_port(cluster_url_), role, kRolePassword, name_}.url();
}

std::string TestDatabase::url_as(const std::string& role) {
  const std::string user = fmt::format("{}_{}", name_, logins_.size());
  sql(fmt::format("create role {} login in role {}", user, role));
  logins_.push_back(user);
  // Of two values for one keyword, libpq takes the later.
  return url_ + " user=" + user;
}

Rows TestDatabase::sql(const std::string& text, const Params& params) {
  if (!connection_ || !connection_->is_open()) connection_ = std::make_unique<Database>(connect());
  return must(connection_->run(text, params), text);
}

std::string TestDatabase::value(const std::string& text, const Params& params) {
  const Rows rows = sql(text, params);
  return rows.empty() ? "" : rows.rows[0].at(0).value_or("");
}

Database TestDatabase::connect() const {
  return must(Database::connect(open_url()), "connecting to a test database");
}

Database TestDatabase::connect_directly() const {
  return must(Database::connect(url_), "connecting to a test database");
}

TestCluster::TestCluster(const std::vector<std::string>& settings) : directory_(fresh_directory()) {
  std::string given;
  for (const auto& setting : settings) given += fmt::format(" --set '{}'", setting);
  url_ = cluster(fmt::format("start '{}'{} --while-alive {}", directory_, given, ::getpid()));
}

TestCluster::TestCluster(StandbyOf standby) : directory_(fresh_directory()) {
  url_ = cluster(fmt::format("standby '{}' --of '{}' --while-alive {}", directory_,
                             standby.primary.directory_, ::getpid()));
}

TestCluster::~TestCluster() {
  static_cast<void>(
      std::system(fmt::format("'{}' remove '{}'", script("cluster"), directory_).c_str()));
}

void TestCluster::stop(const std::string& mode) {
  cluster(fmt::format("stop '{}' {}", directory_, mode));
}

void TestCluster::start() {
  cluster(fmt::format("start '{}'", directory_));
}

void TestCluster::promote() {
  cluster(fmt::format("promote '{}'", directory_));
}

}  // namespace rolecall::testing

// libpqxx 6 forgets the result of a statement whose connection was lost in the middle of it: it
// asks for the connection's encoding, which throws, before anything owns the result. Only
// LeakSanitizer calls this.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6\n";
}
