// reduce_transaction.hpp -- facts in, reducer, effects out: one transaction.
// Owns:    nothing.
// Thread:  a connection's thread; the reducer is pure and runs there too.
// Fails:   Result<T>; nothing of a failed transaction stays.
// Never:   lets one subject that cannot be reduced stop the others: its failure is stored instead.
#pragma once

#include <vector>

#include "outbox/core/exchange.hpp"
#include "outbox/pg/connection.hpp"

namespace rolecall {

Result<std::vector<Reduced>> reduce_in_transaction(Connection& connection, int limit,
                                                   const Reducer& reducer);

}  // namespace rolecall
