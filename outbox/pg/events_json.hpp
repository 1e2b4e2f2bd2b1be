// events_json.hpp -- the pull of events as the documents that the database's functions exchange.
// Owns:    nothing.
// Thread:  any.
// Fails:   what cannot be read is a bug of ours: Failure bug.
// Never:   throws.
#pragma once

#include <string>

#include "outbox/core/events.hpp"
#include "outbox/pg/rows.hpp"

namespace rolecall {

Result<PullGrant> pull_grant_of(Result<Rows> rows);
Result<std::string> document_of(const PullTask& task, const PulledPage& page);
Result<RecordedPage> recorded_page_of(Result<Rows> rows);

}  // namespace rolecall
