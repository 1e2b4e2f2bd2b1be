// postgres.hpp -- PostgreSQL for tests: a throw-away cluster, and a fresh migrated database in it.
// Owns:    the cluster and its pooler, where this process started them; each TestDatabase its own
//          database.
// Thread:  a TestDatabase is used by one thread; several may exist at once, in several threads.
// Fails:   throws std::runtime_error with the reason, so that the test fails; destructors do not.
// Never:   touches a cluster of the system, or leaves one running: tests/support/cluster watches.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outbox/pg/query.hpp"

namespace rolecall::testing {

// Where the cluster of this test run is: ROLECALL_TEST_CLUSTER, or one that is started at first use
// and stopped when the process has ended, however it ended. A superuser's URL.
const std::string& shared_cluster_url();

// Whether this run goes through a pooler in transaction mode: ROLECALL_TEST_POOLER=pgbouncer. Then
// the stores are poll-only, and whoever uses no session state connects through it.
bool through_pooler();

// `url` with another database.
std::string with_database(const std::string& url, const std::string& database);

// A fresh database, dropped in the end. Migrated ones are copies of one template per cluster and
// schema.
class TestDatabase {
 public:
  enum class Schema { migrated, empty };
  explicit TestDatabase(Schema schema = Schema::migrated);
  TestDatabase(Schema schema, std::string cluster_url);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }  // superuser, through the unix socket
  const std::string& name() const { return name_; }
  // The same over TCP with a password, for what stands between: a proxy, a gate.
  struct TcpAddress {
    std::string host;
    int port = 0;
    std::string user;
    std::string password;
    std::string database;
    std::string url() const;
  };
  TcpAddress tcp();
  // The same through a pooler of this process, whose statements end after `statement_timeout`.
  TcpAddress pooled(Millis statement_timeout = Millis{5'000});
  // Where a store connects: through the pooler in a run that goes through one, else url().
  const std::string& store_url() const { return store_url_; }
  // Where whoever uses no session state connects: as store_url(), with no statement timeout.
  const std::string& open_url() const { return pooled_url_.empty() ? url_ : pooled_url_; }
  // The same as this database role of Rolecall's; in a run through a pooler only.
  std::string pooled_url_as(const std::string& role) const;
  // As a login that is a member of this database role (rolecall_app, rolecall_worker, ...) only.
  std::string url_as(const std::string& role);

  // On one connection of the fixture's own. Throws when the statement fails.
  Rows sql(const std::string& text, const Params& params = {});
  // The first cell of the first row; "" for NULL or no row.
  std::string value(const std::string& text, const Params& params = {});
  // A connection more, for interleavings; by open_url().
  Database connect() const;
  // Ends the fixture's own; the next statement makes another.
  void disconnect() { connection_.reset(); }
  // One that keeps session state: settings, session locks, LISTEN.
  Database connect_directly() const;

 private:
  std::string cluster_url_;
  std::string name_;
  std::string url_;
  std::string pooled_url_{};  // of a superuser; "" unless this run goes through a pooler
  std::string store_url_{};
  std::vector<std::string> logins_{};  // made for this database, dropped with it
  std::unique_ptr<Database> connection_;
};

// A cluster of the test's own, for tests that stop or restart the server.
class TestCluster {
 public:
  struct StandbyOf {
    const TestCluster& primary;
  };
  // `settings`: NAME=VALUE of postgresql.conf.
  explicit TestCluster(const std::vector<std::string>& settings = {});
  // A streaming standby, until it is promoted.
  explicit TestCluster(StandbyOf standby);
  ~TestCluster();
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  const std::string& url() const { return url_; }
  void stop(const std::string& mode = "fast");  // or "immediate": as a crash
  void start();                                 // again, on the same port
  void promote();                               // a standby only

 private:
  std::string directory_;
  std::string url_;
};

}  // namespace rolecall::testing
