// push_role.hpp -- role.push: an organization role exists, with this name and description.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its settlement.
// Never:   acts on a 409 or 404: a read decides, and the next lease says put or create.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<DeliveryWorkflow> make_push_role(const Lease& lease,
                                                 const WorkflowOptions& options);

}  // namespace rolecall
