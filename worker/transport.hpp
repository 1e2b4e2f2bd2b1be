// transport.hpp -- the port through which a request reaches WorkOS.
// Owns:    nothing; an implementation owns its connections and the API key.
// Thread:  the engine's executor.
// Fails:   transient: no byte of the request left. in_doubt: one did, and no whole answer came.
// Never:   repeats a request, follows a redirect, or throws; writes without having asked may_leave.
#pragma once

#include <functional>

#include "outbox/core/failure.hpp"
#include "outbox/task.hpp"
#include "worker/core/http.hpp"

namespace rolecall {

// Between send() and the first byte lie the wait for a connection, its look-up and its handshakes.
// What was true before them is asked again on the line before the request is written; "no" ends the
// call with nothing sent: transient, "not_sent".
using MayLeave = std::function<bool()>;
inline bool always() {
  return true;
}

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                          MayLeave may_leave = always) = 0;
};

}  // namespace rolecall
