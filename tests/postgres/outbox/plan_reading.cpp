#include "tests/postgres/outbox/plan_reading.hpp"

#include <algorithm>
#include <iterator>
#include <regex>

namespace rolecall::testing {
namespace {

const std::regex kSequential(
    R"((Seq Scan on (lanes|outbox|observed|subjects|sends|outbox_history|outbox_attempts|inbox|)"
    R"(audit_log|organization_memberships|organization_role_assignments|reconcile_notes|)"
    R"(reconcile_findings)\b)|)"
    R"((Hash|Merge) (Left |Right |Semi |Anti |Full )?Join)");

}  // namespace

int sequential_reads(const std::string& plans) {
  return static_cast<int>(std::distance(
      std::sregex_iterator(plans.begin(), plans.end(), kSequential), std::sregex_iterator()));
}

long most_rows(const std::string& plans) {
  const std::regex rows(R"(actual rows=(\d+) loops=(\d+)|Rows Removed by Filter: (\d+))");
  long most = 0;
  for (std::sregex_iterator it(plans.begin(), plans.end(), rows), end; it != end; ++it)
    most = std::max(most, (*it)[3].matched ? std::stol((*it)[3].str())
                                           : std::stol((*it)[1].str()) * std::stol((*it)[2].str()));
  return most;
}

}  // namespace rolecall::testing
