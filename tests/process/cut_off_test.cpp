// A worker that is stopped, or cut off from the database, while its lease is on the way to it.
#include <gtest/gtest.h>

#include <csignal>
#include <regex>

#include "tests/support/gate.hpp"
#include "tests/support/http.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

// How a Bind message of the protocol names the prepared statement: after the empty portal's name.
const std::string kLeaseIsAsked("\0lease_due\0", 11);

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// One role to create, and a worker whose lease of it waits in the gate: taken, and not yet known.
class CutOff : public ::testing::Test {
 protected:
  CutOff() {
    auto through_gate = database_;
    through_gate.port = gate_.port();
    // The shortest lease that a call's deadline and the margin for its settling leave.
    settings_["ROLECALL_LEASE_MS"] = "15000";
    urn_ = stand_.db().value("select subject from rolecall.create_role('acme', 'Billing')");
    stand_.db().sql("select rolecall.intake_v1(array(select id from rolecall.outbox))");
    gate_.close_after(kLeaseIsAsked);
    auto settings = settings_;
    settings["DATABASE_URL"] = through_gate.url();
    worker_ = &stand_.start_worker(settings);
    stand_.until("select state from rolecall.lanes", "leased");
  }

  // Another worker takes the lane when its lease has ended, and delivers it.
  void rescued_by_another() {
    stand_.start_worker(settings_);
    stand_.settle();
    EXPECT_EQ(writes(), 1u);
  }

  // The first worker finds out what it holds, refuses to call under it, and all goes on.
  void back() {
    HttpRequest metrics;
    metrics.target = "/metrics";
    const auto address = worker_->address();
    const std::regex refused(R"(rolecall_calls_refused_total\{[^}]*\} [1-9])");
    stand_.until([&] { return std::regex_search(http(address, metrics).body, refused); },
                 "the call is refused");
    stand_.db().sql("select rolecall.update_role($1, description => 'last')", {urn_});
    stand_.settle();
    EXPECT_EQ(writes(), 2u) << "a call left under a lease that had ended";
    EXPECT_NE(stand_.api("/authorization/organizations/org_1/roles").find("\"last\""),
              std::string::npos);
  }

  std::size_t writes() {
    const auto log = stand_.control("GET", "/_emulator/log");
    return occurrences(log, "\"method\":\"POST\"") + occurrences(log, "\"method\":\"PATCH\"");
  }

  Stand stand_;
  TestDatabase::TcpAddress database_ = stand_.db().tcp();
  Gate gate_{database_.host, database_.port};
  std::map<std::string, std::string> settings_{};
  std::string urn_{};
  Process* worker_ = nullptr;
};

TEST_F(CutOff, FromTheDatabaseItStartsNoCallUnderALeaseThatHasEnded) {
  rescued_by_another();
  gate_.open();
  back();
}

TEST_F(CutOff, StoppedItStartsNoCallUnderALeaseThatHasEnded) {
  worker_->signal(SIGSTOP);
  gate_.open();
  rescued_by_another();
  worker_->signal(SIGCONT);
  back();
}

}  // namespace
}  // namespace rolecall::testing
