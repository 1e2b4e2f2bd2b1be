#include "worker/app/exit_code.hpp"

namespace rolecall::exit_code {

int of(const Failure& failure) {
  switch (failure.kind) {
    case FailureClass::bad_input:
    case FailureClass::unauthorised:
      return bad_usage;
    case FailureClass::unavailable:
    case FailureClass::transient:
    case FailureClass::throttled:
    case FailureClass::in_doubt:
      return unreachable;
    case FailureClass::missing_dependency:
    case FailureClass::look_first:
    case FailureClass::rejected:
    case FailureClass::forbidden:
    case FailureClass::lease_lost:
    case FailureClass::bug:
      return not_so;
  }
  return not_so;
}

}  // namespace rolecall::exit_code
