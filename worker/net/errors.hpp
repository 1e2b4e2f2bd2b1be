// errors.hpp -- what Asio, Beast and OpenSSL report, said as a Failure; the only place for it.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never.
// Never:   calls a failure transient when a byte of the request may have left; quotes a message.
#pragma once

#include <boost/system/error_code.hpp>
#include <string_view>

#include "outbox/core/failure.hpp"

namespace rolecall {

// How far an exchange had come when it failed.
enum class ExchangeStage { resolve, connect, handshake, write, read };

// Whether WorkOS can have seen any of the request.
enum class Departed { nothing, something };

// `peer` is host:port. Codes: unresolved, refused, unreachable, reset, closed, deadline, untrusted,
// tls_failed, garbage_answer, answer_too_large, network. Class: transient or in_doubt, by
// `departed`.
Failure network_failure(const boost::system::error_code& error, ExchangeStage stage,
                        Departed departed, std::string_view peer);

// The deadline passed before the exchange was over.
Failure deadline_failure(ExchangeStage stage, Departed departed, std::string_view peer);

// A server could not take its address; `flag` is what the reader may change.
Failure listen_failure(const boost::system::error_code& error, std::string_view address,
                       std::string_view flag);

}  // namespace rolecall
