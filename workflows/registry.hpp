// registry.hpp -- every workflow of this program by its kind, as the engine is given them.
// Owns:    its options.
// Thread:  immutable; share freely.
// Fails:   through what it makes.
// Never:   is bypassed: this is the one list of all workflows.
#pragma once

#include <memory>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"

namespace rolecall {

std::unique_ptr<Workflows> make_workflows(WorkflowOptions options = {});

}  // namespace rolecall
