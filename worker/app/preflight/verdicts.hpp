// verdicts.hpp -- findings made short.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never.
// Never:   decides which one it is.
#pragma once

#include <cstdint>
#include <string>

#include "outbox/core/failure.hpp"
#include "worker/app/preflight/findings.hpp"

namespace rolecall::preflight {

Finding good(std::string name, std::string detail);
Finding warning(std::string name, std::string detail, std::string to_do);
Finding error(std::string name, std::string detail, std::string to_do);
// It could not be looked at, and why.
Finding unseen(std::string name, const Failure& failure);

// "1 role", "12 roles"
std::string counted(std::int64_t number, const std::string& what);
std::string span_of(double seconds);

}  // namespace rolecall::preflight
