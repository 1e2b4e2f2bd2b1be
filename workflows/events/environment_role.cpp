// role.*: the payload has no name, so it only says which role is to be read again.
#include "workflows/events/handlers.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall {

std::vector<StreamEvent> environment_role_event(StreamEvent head,
                                                const simdjson::dom::object& data) {
  head.family = "environment_role";
  if (!workos::take_text(data, "slug", head.name) || head.name.empty())
    return unreadable_event(std::move(head), "slug");
  return {std::move(head)};
}

}  // namespace rolecall
