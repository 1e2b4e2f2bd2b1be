// readiness.hpp -- tells systemd, or whoever set NOTIFY_SOCKET, how this process is doing.
// Owns:    nothing; a socket for each message.
// Thread:  any.
// Fails:   answers what went wrong; whoever calls goes on without it.
// Never:   waits: a message that cannot be sent at once is not sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"

namespace rolecall {

// `socket`: what NOTIFY_SOCKET says, a path or @ and an abstract name; empty: nobody listens, and
// nothing is done. `state`: lines of NAME=value as sd_notify(3) has them, for example READY=1.
// bad_input: no address of a socket; unavailable: it did not take the message.
std::optional<Failure> tell_service_manager(const std::string& socket, std::string_view state);

}  // namespace rolecall
