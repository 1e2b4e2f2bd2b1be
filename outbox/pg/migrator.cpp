#include "outbox/pg/migrator.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <thread>

#include "outbox/pg/connection.hpp"
#include "outbox_functions.hpp"
#include "schema_functions.hpp"
#include "schema_migrations.hpp"

namespace rolecall {
namespace {

constexpr std::string_view kOldestProgram = "-- oldest program: ";

// The migrator's own two tables; they must stand before the first migration does.
constexpr const char* kLedger = R"(
create schema if not exists rolecall;
create table if not exists rolecall.schema_migrations (
  version int primary key,
  name text not null,
  oldest_program text not null,
  digest text not null,
  applied_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.schema_migrations is
  'Numbered migrations that this database has had, by `rolecall migrate`.';
comment on column rolecall.schema_migrations.version is 'Its number.';
comment on column rolecall.schema_migrations.name is 'Its file, without ending.';
comment on column rolecall.schema_migrations.oldest_program is
  'The oldest program version that may run on the schema since then.';
comment on column rolecall.schema_migrations.digest is
  'SHA-256 of its text, which never changes once applied.';
comment on column rolecall.schema_migrations.applied_at is 'When.';
create table if not exists rolecall.schema_objects (
  name text primary key,
  digest text not null,
  applied_at timestamptz not null default clock_timestamp()
);
comment on table rolecall.schema_objects is
  'Files of functions and views, applied again whenever one of them changed.';
comment on column rolecall.schema_objects.name is 'The file, without ending.';
comment on column rolecall.schema_objects.digest is 'SHA-256 of its text.';
comment on column rolecall.schema_objects.applied_at is 'When it last changed.';
grant select on rolecall.schema_migrations, rolecall.schema_objects to public;
)";

struct SourceFile {
  std::string name;
  std::string text;
  std::string digest;
  int version = 0;             // migrations
  std::string oldest_program;  // migrations
};

std::string digest_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

int number_at_start(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <class Files>
void append(std::vector<SourceFile>& out, const Files& files) {
  for (const auto& file : files) {
    SourceFile source{.name = std::string(file.name),
                      .text = std::string(file.text),
                      .digest = digest_of(file.text),
                      .version = number_at_start(file.name),
                      .oldest_program = "0.0.0"};
    if (file.text.substr(0, kOldestProgram.size()) == kOldestProgram) {
      const auto line = file.text.substr(0, file.text.find('\n'));
      source.oldest_program = line.substr(kOldestProgram.size());
    }
    out.push_back(std::move(source));
  }
}

std::vector<SourceFile> migrations() {
  std::vector<SourceFile> out;
  append(out, schema_migrations::files());
  return out;
}

// Worker functions, then the application's, the operators' and the views; the grants come last.
std::vector<SourceFile> functions() {
  std::vector<SourceFile> out;
  append(out, outbox_functions::files());
  append(out, schema_functions::files());
  return out;
}

// What the database says of itself.
struct Ledger {
  bool exists = false;
  std::map<int, std::pair<std::string, std::string>> applied{};  // version -> name, digest
  std::string oldest_program = "0.0.0";
  std::map<std::string, std::string> objects{};  // name -> digest
  int version() const { return applied.empty() ? 0 : applied.rbegin()->first; }
};

Result<Ledger> read_ledger(Connection& connection) {
  Ledger out;
  auto there = connection.query(
      "select to_regclass('rolecall.schema_objects') is not null as there", Effect::reads);
  if (there.has_error()) return there.error();
  if (!there->flag(0, "there")) return out;
  out.exists = true;
  auto rows = connection.query(
      "select version, name, digest, oldest_program from rolecall.schema_migrations",
      Effect::reads);
  if (rows.has_error()) return rows.error();
  for (std::size_t i = 0; i < rows->size(); ++i) {
    out.applied[static_cast<int>(rows->number(i, "version"))] = {rows->text(i, "name"),
                                                                 rows->text(i, "digest")};
    if (compare_versions(rows->text(i, "oldest_program"), out.oldest_program) > 0)
      out.oldest_program = rows->text(i, "oldest_program");
  }
  auto objects =
      connection.query("select name, digest from rolecall.schema_objects", Effect::reads);
  if (objects.has_error()) return objects.error();
  for (std::size_t i = 0; i < objects->size(); ++i)
    out.objects[objects->text(i, "name")] = objects->text(i, "digest");
  return out;
}

Failure refused(std::string code, std::string detail) {
  return Failure{
      .kind = FailureClass::bad_input, .code = std::move(code), .detail = std::move(detail)};
}

// Program too old, or a migration that is not the one that was applied.
Result<void> check_history(const Ledger& ledger, const std::vector<SourceFile>& wanted) {
  if (compare_versions(ledger.oldest_program, ROLECALL_VERSION) > 0)
    return refused("schema_too_new",
                   fmt::format("the database is at version {} and needs rolecall {} or newer; this "
                               "is {}: install the newer program",
                               ledger.version(), ledger.oldest_program, ROLECALL_VERSION));
  for (const auto& migration : wanted) {
    const auto it = ledger.applied.find(migration.version);
    if (it != ledger.applied.end() && it->second.second != migration.digest)
      return refused("migration_changed",
                     fmt::format("migration {} is not the one that this database had ({}): it was "
                                 "changed since; use the program that migrated this database, or a "
                                 "new database",
                                 migration.name, it->second.first));
  }
  return {};
}

bool newer_than_program(const Ledger& ledger, const std::vector<SourceFile>& wanted) {
  return ledger.version() > (wanted.empty() ? 0 : wanted.back().version);
}

bool same_objects(const Ledger& ledger, const std::vector<SourceFile>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const SourceFile& file) {
    const auto it = ledger.objects.find(file.name);
    return it != ledger.objects.end() && it->second == file.digest;
  });
}

// Workers and applications go on meanwhile. Who waits for a table's lock stops all who come later,
// so a migration waits for a moment only, gives up what it has, and begins anew.
constexpr const char* kLockTimeout = "set local lock_timeout = '2s'";
// lock_not_available, deadlock_detected
constexpr std::array<std::string_view, 2> kInTheWay{"55P03", "40P01"};
constexpr int kAttempts = 30;
constexpr Millis kBetweenAttempts{250};

// One transaction under the lock that makes two processes take turns.
template <class Body>
Result<void> locked_once(Connection& connection, Body&& body) {
  if (auto r = connection.begin(); r.has_error()) return r;
  // A migration may take its time, wherever a timeout for ordinary work was set. For this
  // transaction only: behind a pooler the next one on this connection is somebody else's.
  Result<void> result = connection.script("set local statement_timeout = 0");
  if (result.has_value()) {
    auto lock = connection.query("select pg_advisory_xact_lock(7070)", Effect::reads);
    if (lock.has_error()) result = lock.error();
  }
  if (result.has_value()) result = connection.script(kLockTimeout);
  if (result.has_value()) result = body();
  if (result.has_value()) return connection.commit();
  connection.rollback();
  return result;
}

template <class Body>
Result<void> locked(Connection& connection, Body&& body) {
  for (int attempt = 1;; ++attempt) {
    auto result = locked_once(connection, body);
    if (result.has_value() || !std::ranges::count(kInTheWay, result.error().code)) return result;
    if (attempt == kAttempts) {
      Failure failure = result.error();
      failure.detail += fmt::format(
          "; {} attempts found a table locked by another transaction (pg_stat_activity shows the "
          "long ones); nothing of this step was changed: end it, and run `rolecall migrate` again",
          kAttempts);
      return failure;
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

Result<void> apply_migration(Connection& connection, const SourceFile& file, bool& applied) {
  return locked(connection, [&]() -> Result<void> {
    auto before = connection.query("select 1 from rolecall.schema_migrations where version = $1",
                                   Effect::reads, {std::to_string(file.version)});
    if (before.has_error()) return before.error();
    applied = before->empty();
    if (!applied) return {};  // another process was quicker
    if (auto r = connection.script(file.text); r.has_error()) {
      Failure failure = r.error();
      failure.detail = fmt::format("migration {} failed: {}", file.name, failure.detail);
      return failure;
    }
    auto noted = connection.query(
        "insert into rolecall.schema_migrations (version, name, oldest_program, digest) "
        "values ($1, $2, $3, $4)",
        Effect::changes,
        {std::to_string(file.version), file.name, file.oldest_program, file.digest});
    if (noted.has_error()) return noted.error();
    return {};
  });
}

// All of them whenever one changed: a file may drop what another one builds upon.
Result<void> apply_functions(Connection& connection, const std::vector<SourceFile>& files,
                             bool& applied) {
  return locked(connection, [&]() -> Result<void> {
    auto ledger = read_ledger(connection);
    if (ledger.has_error()) return ledger.error();
    applied = !same_objects(*ledger, files);
    if (!applied) return {};
    // Bodies may name what a later file makes.
    if (auto r = connection.script("set local check_function_bodies = off"); r.has_error())
      return r;
    for (const auto& file : files) {
      if (auto r = connection.script(file.text); r.has_error()) {
        Failure failure = r.error();
        failure.detail = fmt::format("{}.sql failed: {}", file.name, failure.detail);
        return failure;
      }
      auto noted = connection.query(
          "insert into rolecall.schema_objects as o (name, digest) values ($1, $2) on conflict "
          "(name) do update set digest = excluded.digest, applied_at = clock_timestamp() "
          "where o.digest <> excluded.digest",
          Effect::changes, {file.name, file.digest});
      if (noted.has_error()) return noted.error();
    }
    // Workers make partitions ahead of time; the first of them must stand before the first worker.
    return connection.script("select rolecall.make_partitions(60)");
  });
}

Result<Connection> connect(const std::string& database_url) {
  auto string = ConnectionString::parse(database_url, {});
  if (string.has_error()) return string.error();
  return Connection::open(*string);
}

MigrationReport planned(const Ledger& ledger, const std::vector<SourceFile>& wanted,
                        const std::vector<SourceFile>& objects) {
  MigrationReport report{.version = ledger.version()};
  for (const auto& migration : wanted)
    if (!ledger.applied.contains(migration.version)) {
      report.applied.push_back(migration.name);
      report.version = migration.version;
    }
  if (!same_objects(ledger, objects))
    report.applied.push_back(fmt::format("functions and views ({} files)", objects.size()));
  report.nothing_to_do = report.applied.empty();
  return report;
}

Result<void> perform(Connection& connection, const MigrationReport& plan, MigrationReport& report,
                     const std::function<void(const std::string&)>& say) {
  for (const auto& migration : migrations()) {
    if (std::find(plan.applied.begin(), plan.applied.end(), migration.name) == plan.applied.end())
      continue;
    say(fmt::format("migration {}", migration.name));
    bool applied = false;
    if (auto r = apply_migration(connection, migration, applied); r.has_error()) return r;
    if (applied) report.applied.push_back(migration.name);
    report.version = std::max(report.version, migration.version);
  }
  const auto objects = functions();
  bool applied = false;
  if (auto r = apply_functions(connection, objects, applied); r.has_error()) return r;
  if (applied) {
    report.applied.push_back(fmt::format("functions and views ({} files)", objects.size()));
    say(report.applied.back());
  }
  return {};
}

}  // namespace

int compare_versions(const std::string& left, const std::string& right) {
  std::string_view l = left;
  std::string_view r = right;
  while (!l.empty() || !r.empty()) {
    const int a = number_at_start(l);
    const int b = number_at_start(r);
    if (a != b) return a < b ? -1 : 1;
    const auto rest = [](std::string_view text) {
      const auto dot = text.find('.');
      return dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    };
    l = rest(l);
    r = rest(r);
  }
  return 0;
}

Result<MigrationReport> migrate(const std::string& database_url, bool dry_run,
                                std::function<void(const std::string&)> progress) {
  auto connection = connect(database_url);
  if (connection.has_error()) return connection.error();
  const auto wanted = migrations();
  const auto say = [&](const std::string& line) {
    if (progress) progress(line);
  };

  auto ledger = read_ledger(*connection);
  if (ledger.has_error()) return ledger.error();
  if (auto r = check_history(*ledger, wanted); r.has_error()) return r.error();
  // A newer program was here: its functions stand, ours would take them back.
  if (newer_than_program(*ledger, wanted))
    return MigrationReport{.version = ledger->version(), .nothing_to_do = true};
  const MigrationReport plan = planned(*ledger, wanted, functions());
  if (dry_run || plan.nothing_to_do) return plan;

  if (!ledger->exists) {
    auto made = locked(*connection, [&] { return connection->script(kLedger); });
    if (made.has_error()) return made.error();
  }
  MigrationReport report{.version = ledger->version()};
  if (auto r = perform(*connection, plan, report, say); r.has_error()) return r.error();
  report.nothing_to_do = report.applied.empty();
  return report;
}

Result<void> check_schema(const std::string& database_url) {
  auto connection = connect(database_url);
  if (connection.has_error()) return connection.error();
  auto ledger = read_ledger(*connection);
  if (ledger.has_error()) return ledger.error();
  const auto wanted = migrations();
  if (!ledger->exists || ledger->applied.empty())
    return refused("no_schema", "this database has no rolecall schema; run `rolecall migrate`");
  if (auto r = check_history(*ledger, wanted); r.has_error()) return r;
  for (const auto& migration : wanted)
    if (!ledger->applied.contains(migration.version))
      return refused("schema_too_old",
                     fmt::format("migration {} is missing in this database; run `rolecall migrate`",
                                 migration.name));
  // The application's functions may be a newer program's; the worker's own carry their version.
  std::vector<SourceFile> own;
  append(own, outbox_functions::files());
  if (!newer_than_program(*ledger, wanted) && !same_objects(*ledger, own))
    return refused("schema_too_old",
                   "functions of this program are missing or older in this "
                   "database; run `rolecall migrate`");
  return {};
}

}  // namespace rolecall
