// remove_member.hpp -- member.remove: a user is no member of an organization.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its settlement.
// Never:   deletes a membership that it does not know by id.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<DeliveryWorkflow> make_remove_member(const Lease& lease,
                                                     const WorkflowOptions& options);

}  // namespace rolecall
