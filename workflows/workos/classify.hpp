// classify.hpp -- every answer of WorkOS that is no success, as a Failure. Only here.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never; what it does not know is treated as in doubt.
// Never:   branches on a message (they are placeholders), or lets a key or address into a detail.
#pragma once

#include <string_view>

#include "outbox/core/failure.hpp"
#include "worker/core/http.hpp"

namespace rolecall::workos {

inline constexpr std::string_view kGarbage = "garbage_answer";
inline constexpr std::string_view kRoleHasAssignments = "role_has_assignments";
inline constexpr std::string_view kRoleHasGroups = "role_has_group_role_mappings";
inline constexpr std::string_view kMultipleRolesOff = "multiple_roles_not_enabled";
inline constexpr std::string_view kPendingMembership =
    "cannot_reactivate_pending_organization_membership";

bool is_success(const HttpResponse& response);  // 2xx
RequestId request_id_of(const HttpResponse& response);

// For any status that is no success:
//   401 unauthorised; 403 forbidden (the caller finds out whether it is the whole key);
//   404, 409 and "exists already" look_first; 408, 5xx in_doubt; 429 throttled;
//   422 invalid_role missing_dependency; 3xx transient (nothing was done); other 4xx rejected.
// A refusal that is no JSON did not come from WorkOS: in_doubt, garbage_answer.
Failure failure_of(const HttpResponse& response);

// A 2xx whose body is not what it should be: what was asked for may have been done.
bool is_json_object(std::string_view body);
Failure garbage_answer(const HttpResponse& response, std::string_view what);

// At most 300 bytes of a body for people: one line, no control characters, no key, no address.
std::string excerpt_of(std::string_view body);

}  // namespace rolecall::workos
