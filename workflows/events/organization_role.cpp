// organization_role.*: the role's text, and its permissions as a fact of their own.
#include "workflows/events/handlers.hpp"
#include "workflows/shown.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall {

std::vector<StreamEvent> organization_role_event(StreamEvent head,
                                                 const simdjson::dom::object& data) {
  head.family = "role";
  workos::Role role;
  workos::take_text(data, "slug", head.name);
  if (!workos::take_text(data, "organization_id", head.organization) || head.organization.empty())
    return unreadable_event(std::move(head), "organization_id");
  if (const auto missing = workos::fill(data, role); !missing.empty())
    return unreadable_event(std::move(head), missing);
  const ObjectName object{Family::role, head.organization, role.slug};
  head.shown = role_shown(object, role);
  if (is_end(head)) {
    head.shown->value.reset();
    return {std::move(head)};
  }
  std::vector<StreamEvent> events{head};
  if (!role.permissions) return events;
  head.family = "permissions";
  head.shown = permissions_shown({Family::permissions, head.organization, role.slug}, role);
  events.push_back(std::move(head));
  return events;
}

}  // namespace rolecall
