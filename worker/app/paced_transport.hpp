// paced_transport.hpp -- calls of a command, each within the budget that workers share.
// Owns:    nothing.
// Thread:  the transport's executor; blocks it while it asks the database for a turn.
// Fails:   as the transport; and what the database said when it was asked for a turn.
// Never:   calls faster than the workers' budget allows, or after the deadline.
#pragma once

#include "outbox/pg/query.hpp"
#include "worker/clock.hpp"
#include "worker/transport.hpp"

namespace rolecall {

class PacedTransport final : public Transport {
 public:
  struct Parts {
    Transport& transport;
    Clock& clock;
    Database* database = nullptr;  // migrated; none: there is no budget yet, and nobody to share it
    Millis call_deadline{};
  };
  explicit PacedTransport(Parts parts) : parts_(parts) {}

  // `deadline` is that of the waits too; each call has its own. A 429 is told to the workers, and
  // asked again twice.
  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                  MayLeave may_leave = always) override;

 private:
  Task<Result<void>> wait_turn(std::string rate_class, Instant deadline);
  Task<Result<void>> wait(Millis span, Instant deadline);

  Parts parts_;
};

}  // namespace rolecall
