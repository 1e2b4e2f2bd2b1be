// read_role.hpp -- what WorkOS shows of an organization role: its name and description.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its result: whatever does not show the object, or show that it is absent.
// Never:   takes a gateway's 404, or an environment role of that slug, for the role's absence.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/intent.hpp"

namespace rolecall {

// How a Role body is taken: role_shown or permissions_shown (shown.hpp).
using RoleProjection = Result<Observation> (*)(const ObjectName&, const HttpResponse&);
std::unique_ptr<ReadWorkflow> make_role_reader(const ObjectName& role, RoleProjection shown);

std::unique_ptr<ReadWorkflow> make_read_role(const ObjectName& role);

}  // namespace rolecall
