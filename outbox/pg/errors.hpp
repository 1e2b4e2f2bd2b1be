// errors.hpp -- libpqxx's errors become Failures; the one place that catches them.
// Owns:    nothing.
// Thread:  any.
// Fails:   that is its trade. std::bad_alloc passes through: nobody can answer for it.
// Never:   puts a connection string, a password or an unbounded message into a Failure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "outbox/core/failure.hpp"

namespace rolecall {

// What is lost when the connection breaks while the statement runs.
enum class Effect {
  reads,    // nothing: unavailable
  changes,  // its fate is not known: in_doubt
};

struct Circumstances {
  Effect effect = Effect::reads;
  std::function<bool()> connection_is_open{};  // asked after the error; none: it was open
};

// Runs the body; an error that it throws comes back as its Failure, none when it ran through.
std::optional<Failure> failure_of(const std::function<void()>& body, const Circumstances& where);

// The same with a value: what the body returns, or the Failure.
template <class Body>
auto guarded(const Circumstances& where, Body&& body) -> Result<std::invoke_result_t<Body>> {
  using T = std::invoke_result_t<Body>;
  if constexpr (std::is_void_v<T>) {
    if (auto failure = failure_of(body, where)) return *std::move(failure);
    return {};
  } else {
    std::optional<T> value;
    if (auto failure = failure_of([&] { value.emplace(body()); }, where))
      return *std::move(failure);
    return *std::move(value);
  }
}

// By class of SQLSTATE, as PostgreSQL documents them (appendix A).
Failure failure_of_sqlstate(std::string_view sqlstate, std::string_view message, Effect effect);

// Why a connection could not be made: bad_input where only a person can help, else unavailable.
Failure failure_of_connecting(std::string_view message);

}  // namespace rolecall
