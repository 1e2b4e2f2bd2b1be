// read_permissions.hpp -- what WorkOS shows of a role's permissions.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its result: whatever does not show the object, or show that it is absent.
// Never:   says absent unless the role is.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/intent.hpp"

namespace rolecall {

std::unique_ptr<ReadWorkflow> make_read_permissions(const ObjectName& role);

}  // namespace rolecall
