// remove_role.hpp -- role.remove: an organization role is gone; its holders are moved first.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its settlement.
// Never:   moves a holder itself: it names them, and they are looked at.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<DeliveryWorkflow> make_remove_role(const Lease& lease,
                                                   const WorkflowOptions& options);

}  // namespace rolecall
