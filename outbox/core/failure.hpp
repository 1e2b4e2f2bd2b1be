// failure.hpp -- the one error type, and Result<T>.
// Owns:    its text, which never holds a secret.
// Thread:  values; share freely.
// Fails:   Result<T>::value() throws std::logic_error on misuse only.
// Never:   names a library's error. Foreign errors are translated in three files:
//          outbox/pg/errors.cpp, worker/net/errors.cpp and workflows/workos/classify.cpp.
#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "outbox/core/ids.hpp"
#include "outbox/core/time.hpp"

namespace rolecall {

enum class FailureClass {
  transient,           // nothing was sent: connection refused or lost before a byte left
  throttled,           // 429
  in_doubt,            // sent, and no answer or a 5xx or 408: it may have been applied
  missing_dependency,  // 422 invalid_role: what it names is not there yet
  look_first,          // 404 or 409: no action follows from it; a read decides
  rejected,            // any other 4xx: never accepted as it stands
  unauthorised,        // 401, or a 403 for the whole key: the key, not the row
  forbidden,           // a 403 on one object
  lease_lost,          // the fence said no; an ordinary answer
  unavailable,         // our own database is out of reach
  bad_input,           // configuration or arguments; what to do is in the detail
  bug,                 // an answer, a document or a state that should not exist
};

// "transient", "in_doubt", ...: as written to lanes.last_failure and to metric labels.
std::string_view name_of(FailureClass c);
std::optional<FailureClass> failure_class_of(std::string_view name);

struct Failure {
  FailureClass kind = FailureClass::bug;
  std::string code{};    // WorkOS's error code, an SQLSTATE, or our own word; stable, for programs
  std::string detail{};  // for people: what happened and what to do
  std::optional<Millis> retry_after{};  // as the other side asked
  int http_status = 0;                  // 0: there was no answer
  RequestId request_id{};

  bool operator==(const Failure&) const = default;
};

// Lets Result<T>::value() exist; reaching it is a defect of the caller.
[[noreturn]] void throw_exception_from_error(const Failure& failure,
                                             const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Failure>;

}  // namespace rolecall
