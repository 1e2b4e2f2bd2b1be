// transport.hpp -- the port through which a request reaches WorkOS.
// Owns:    nothing; an implementation owns its connections and the API key.
// Thread:  the engine's executor.
// Fails:   transient: no byte of the request left. in_doubt: one did, and no whole answer came.
// Never:   repeats a request, follows a redirect, or throws.
#pragma once

#include "outbox/core/failure.hpp"
#include "outbox/task.hpp"
#include "worker/core/http.hpp"

namespace rolecall {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline) = 0;
};

}  // namespace rolecall
