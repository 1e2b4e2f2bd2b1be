// How long after `select rolecall.retry(id)` a dead row is delivered, over ten rows.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/support/stand.hpp"

int main() {
  using namespace rolecall::testing;
  using Clock = std::chrono::steady_clock;
  Stand stand;
  auto& db = stand.db();
  stand.start_worker().address();
  std::vector<double> spans;
  for (int run = 1; run <= 10; ++run) {
    stand.fault("POST", ".*", "status", "\"status\":400,\"count\":1");
    const auto subject =
        db.value("select subject from rolecall.create_role('acme', $1)", {fmt::format("R{}", run)});
    const std::string lane = "from rolecall.lanes where subject = '" + subject + "'";
    stand.until("select state " + lane, "dead");
    const auto id = db.value("select wanted_id::text " + lane);
    const auto asked = Clock::now();
    db.sql("select rolecall.retry($1::bigint)", {id});
    stand.until("select delivered_version " + lane, "1");
    spans.push_back(std::chrono::duration<double>(Clock::now() - asked).count());
  }
  std::sort(spans.begin(), spans.end());
  fmt::print("dead rows delivered after retry: median {:.3f} s, longest {:.3f} s (promised 1.0)\n",
             (spans[4] + spans[5]) / 2, spans.back());
}
