// settle.hpp -- the ways in which a lease ends, and which failure leads to which.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   adds backoff; the runner does (worker/core/verdict.hpp).
#pragma once

#include "outbox/core/lease.hpp"
#include "worker/core/http.hpp"
#include "workflows/options.hpp"

namespace rolecall {

// 2xx, or a delete of a known incarnation that was gone already.
Settlement settle_delivered(const Lease& lease, const HttpResponse& response, Observation answer);

// There was nothing to say; no byte left.
Settlement settle_unsaid(const Lease& lease);

// A read begun after `delay` decides. What was sent cannot be applied any more.
Settlement settle_look(const Lease& lease, Millis delay, std::optional<Failure> failure);

// Waits for a person, with what the person needs to know put before WorkOS's words.
Settlement settle_held(const Lease& lease, Failure failure, std::string_view advice);

// The document is no intent: dead, and only a new version can replace it.
Settlement settle_invalid(const Lease& lease, Failure failure);

// A failed write. In doubt: its send stays open; a put or delete is repeated, a create looked for.
// `forbidden` is taken as a refusal for this one object (single_write.hpp finds out).
Settlement settle_failure(const Lease& lease, const WorkflowOptions& options, Failure failure);

// A failed read beside a write that was refused: due again, nothing of ours is on its way.
Settlement settle_retry(const Lease& lease, Failure failure);

}  // namespace rolecall
