// push_member.hpp -- member.push: a user is a member of an organization with exactly these roles.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its settlement.
// Never:   sends an empty set, or fights an invitation that is pending.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<DeliveryWorkflow> make_push_member(const Lease& lease,
                                                   const WorkflowOptions& options);

}  // namespace rolecall
