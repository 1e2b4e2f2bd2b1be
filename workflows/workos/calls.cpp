#include "workflows/workos/calls.hpp"

#include <utility>

namespace rolecall::workos {

RateClass rate_class_of(const HttpRequest& request) {
  if (request.target.starts_with("/user_management/"))
    return request.method == "GET" ? RateClass::um_read : RateClass::um_write;
  if (request.method == "DELETE" && request.target.starts_with("/organizations/"))
    return RateClass::organization_delete;
  return RateClass::general;
}

Call reading(HttpRequest request) {
  const RateClass rate_class = rate_class_of(request);
  return {std::move(request), false, rate_class};
}

Call writing(HttpRequest request) {
  const RateClass rate_class = rate_class_of(request);
  return {std::move(request), true, rate_class};
}

}  // namespace rolecall::workos
