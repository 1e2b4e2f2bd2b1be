// statement_rows.hpp -- how many rows a store call is said to have moved, for Trace::statement.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never; only called with an answer.
// Never:   copies an answer.
#pragma once

#include <cstdint>
#include <vector>

#include "outbox/core/events.hpp"
#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "outbox/reconcile_store.hpp"

namespace rolecall {

inline std::int64_t rows_of(const Result<void>&) {
  return 0;
}
inline std::int64_t rows_of(const Result<bool>&) {
  return 1;
}
inline std::int64_t rows_of(const Result<int>& r) {
  return *r;
}
inline std::int64_t rows_of(const Result<WorkerId>&) {
  return 1;
}
inline std::int64_t rows_of(const Result<ProviderMode>&) {
  return 1;
}
inline std::int64_t rows_of(const Result<NextDue>&) {
  return 1;
}
inline std::int64_t rows_of(const Result<TokenBlock>& r) {
  return r->tokens;
}
inline std::int64_t rows_of(const Result<IdleLook>& r) {
  return r->woken + r->rescue.lanes_freed + r->maintained;
}
inline std::int64_t rows_of(const Result<RescueReport>& r) {
  return r->lanes_freed;
}
inline std::int64_t rows_of(const Result<LeaseBatch>& r) {
  return std::ssize(r->leases);
}
inline std::int64_t rows_of(const Result<PullGrant>& r) {
  return r->task ? 1 : 0;
}
inline std::int64_t rows_of(const Result<RecordedPage>& r) {
  return r->fenced ? 0 : 1;
}
inline std::int64_t rows_of(const Result<ReconcileTurn>& r) {
  return r->organization ? 1 : 0;
}
template <class T>
std::int64_t rows_of(const Result<std::vector<T>>& r) {
  return std::ssize(*r);
}

}  // namespace rolecall
