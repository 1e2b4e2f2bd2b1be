// push_permissions.hpp -- role.permissions: a role has exactly this set of permissions.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its settlement.
// Never:   creates the role; that is another subject.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<DeliveryWorkflow> make_push_permissions(const Lease& lease,
                                                        const WorkflowOptions& options);

}  // namespace rolecall
