// shown.hpp -- a successful answer of WorkOS as an Observation of the object that was asked about.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   Result<T>: in_doubt / garbage_answer, also for an answer about another object.
// Never:   decides what follows.
#pragma once

#include "outbox/core/lease.hpp"
#include "worker/core/http.hpp"
#include "workflows/intent.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {

// A Role body: its fields, or its permissions. The incarnation is its created_at.
Result<Observation> role_shown(const ObjectName& role, const HttpResponse& response);
Result<Observation> permissions_shown(const ObjectName& role, const HttpResponse& response);

// The same of a role that was read already; one without permissions shows an empty set.
Observation role_shown(const ObjectName& object, const workos::Role& role);
Observation permissions_shown(const ObjectName& object, const workos::Role& role);

// The answer to a DELETE: nothing, or a JSON object. A page of text is no answer of WorkOS.
Result<Observation> absence_shown(const HttpResponse& response);

// A membership body. The incarnation is its om_ id.
Result<Observation> member_shown(const ObjectName& member, const HttpResponse& response);
Observation shown_of(const ObjectName& member, const workos::Membership& membership);
bool is_about(const ObjectName& member, const workos::Membership& membership);

}  // namespace rolecall
