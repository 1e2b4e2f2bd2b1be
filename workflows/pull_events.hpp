// pull_events.hpp -- one page of the event stream: asked for, read, and the environment's roles
// read again where it tells of them.
// Owns:    its own state; one machine per page.
// Thread:  used by one coroutine.
// Fails:   PullEnd: what WorkOS said; gap where the page does not follow the cursor.
// Never:   moves the cursor, or loses a page because of one type's name.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"

namespace rolecall {

std::unique_ptr<PullWorkflow> make_pull_events(const PullTask& task);

}  // namespace rolecall
