// statement_text.hpp -- parameters of statements as text, and how many rows an answer is said to
// have.
// Owns:    nothing.
// Thread:  any.
// Fails:   never.
// Never:   copies an answer.
#pragma once

#include <string>
#include <type_traits>

#include "outbox/core/exchange.hpp"
#include "outbox/pg/store_answers.hpp"

namespace rolecall {

inline std::string text_of(WorkerId worker) {
  return std::to_string(worker.number());
}
inline std::string text_of(int number) {
  return std::to_string(number);
}

template <class T>
std::int64_t count_of(const T& value) {
  if constexpr (std::is_same_v<T, LeaseBatch>)
    return static_cast<std::int64_t>(value.leases.size());
  else if constexpr (requires { value.answer; })
    return count_of(value.answer);
  else if constexpr (std::is_same_v<T, Woken>)
    return value.lanes;
  else if constexpr (std::is_same_v<T, int>)
    return value;
  else if constexpr (requires { value.size(); })
    return static_cast<std::int64_t>(value.size());
  else
    return 1;
}

}  // namespace rolecall
