#include "tests/sim/fair_turns.hpp"

#include <algorithm>
#include <set>

namespace rolecall::sim {

std::vector<std::size_t> in_turn(const std::vector<OrganizationId>& due, int limit,
                                 OrganizationId& place) {
  const auto room = static_cast<std::size_t>(std::max(limit, 0));
  std::set<std::size_t> served;
  if (due.size() > room && room > 0) {
    std::map<OrganizationId, std::vector<std::size_t>> queues;
    for (std::size_t i = 0; i < due.size(); ++i) queues[due[i]].push_back(i);
    const auto visits = std::min(room, queues.size());
    auto at = queues.upper_bound(place);
    for (std::size_t n = 0; n < visits; ++n, ++at) {
      if (at == queues.end()) at = queues.begin();
      place = at->first;
      const auto share = std::min(room / visits, at->second.size());
      for (std::size_t i = 0; i < share; ++i) served.insert(at->second[i]);
    }
  }
  // What the shares leave goes by age.
  for (std::size_t i = 0; i < due.size() && served.size() < room; ++i) served.insert(i);
  return {served.begin(), served.end()};
}

}  // namespace rolecall::sim
