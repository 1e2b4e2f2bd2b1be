#include "workflows/events/handlers.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace rolecall {

EventHandler handler_of(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, EventHandler>, 5> kHandlers{
      {{"organization", organization_event},
       {"organization_role", organization_role_event},
       {"role", environment_role_event},
       {"organization_membership", membership_event},
       {"user", user_event}}};
  const std::string_view family = type.substr(0, type.find('.'));
  for (const auto& [name, handler] : kHandlers)
    if (name == family) return handler;
  return nullptr;
}

bool is_end(const StreamEvent& event) {
  return event.type.ends_with(".deleted");
}

std::vector<StreamEvent> unreadable_event(StreamEvent event, std::string_view missing) {
  event.problem = fmt::format("it has no usable \"{}\"", missing);
  return {std::move(event)};
}

}  // namespace rolecall
