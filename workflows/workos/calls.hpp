// calls.hpp -- requests to WorkOS as calls of a workflow, each under the limit that counts it.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   decides when one may leave.
#pragma once

#include "worker/core/workflow.hpp"

namespace rolecall::workos {

// WorkOS counts /user_management apart, reads and writes; everything else is `general`.
RateClass rate_class_of(const HttpRequest& request);

Call reading(HttpRequest request);
Call writing(HttpRequest request);

}  // namespace rolecall::workos
