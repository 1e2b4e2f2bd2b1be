// organization_membership.*: the whole set of roles, or its end.
#include "workflows/events/handlers.hpp"
#include "workflows/shown.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall {

std::vector<StreamEvent> membership_event(StreamEvent head, const simdjson::dom::object& data) {
  head.family = "member";
  workos::Membership membership;
  workos::take_text(data, "user_id", head.name);
  workos::take_text(data, "organization_id", head.organization);
  const auto missing = workos::fill(data, membership);
  if (!missing.empty()) return unreadable_event(std::move(head), missing);
  if (membership.user_id.empty()) return unreadable_event(std::move(head), "user_id");
  if (membership.organization_id.empty())
    return unreadable_event(std::move(head), "organization_id");
  head.shown =
      shown_of({Family::member, membership.organization_id, membership.user_id}, membership);
  if (is_end(head)) head.shown->value.reset();
  return {std::move(head)};
}

}  // namespace rolecall
