// fair_turns.hpp -- who is served when more is due than fits: each organization in turn.
// Owns:    nothing.
// Thread:  any.
// Fails:   never.
// Never:   looks at more than whose each one is, and who came first.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "outbox/core/ids.hpp"

namespace rolecall::sim {

// Where a store's walks over organizations ended, by priority.
using Places = std::map<int, OrganizationId>;

// Of what is due, oldest first and named by its organization: the positions to serve, at most
// `limit`, oldest first. Of D organizations each is served within ceil(D / limit) calls that hand
// `place` on.
std::vector<std::size_t> in_turn(const std::vector<OrganizationId>& due, int limit,
                                 OrganizationId& place);

}  // namespace rolecall::sim
