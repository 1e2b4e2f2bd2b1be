// read_member.hpp -- what WorkOS shows of a membership, whatever its status.
// Owns:    nothing.
// Thread:  anywhere; a machine is used by one coroutine.
// Fails:   through its result: whatever does not show the object, or show that it is absent.
// Never:   says absent before a list of all statuses has shown nothing, too.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/intent.hpp"

namespace rolecall {

// `incarnation`: the om_ id that is known, asked for first.
std::unique_ptr<ReadWorkflow> make_read_member(const ObjectName& member,
                                               std::optional<std::string> incarnation);

}  // namespace rolecall
