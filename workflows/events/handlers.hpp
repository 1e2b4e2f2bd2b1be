// handlers.hpp -- what each family of events says, as facts: one file per family.
// Owns:    nothing.
// Thread:  anywhere; pure.
// Fails:   an event that lacks what it must have is answered with its `problem`.
// Never:   looks at the database: who is meant is found out there.
#pragma once

#include <simdjson.h>

#include <vector>

#include "outbox/core/events.hpp"

namespace rolecall {

// `head` holds id, type, time and actor; its `data` is the object that changed, as it was then.
using EventHandler = std::vector<StreamEvent> (*)(StreamEvent head,
                                                  const simdjson::dom::object& data);

std::vector<StreamEvent> organization_event(StreamEvent head, const simdjson::dom::object& data);
std::vector<StreamEvent> organization_role_event(StreamEvent head,
                                                 const simdjson::dom::object& data);
std::vector<StreamEvent> environment_role_event(StreamEvent head,
                                                const simdjson::dom::object& data);
std::vector<StreamEvent> membership_event(StreamEvent head, const simdjson::dom::object& data);
std::vector<StreamEvent> user_event(StreamEvent head, const simdjson::dom::object& data);

// The handler of "organization_membership.updated" and the like; none: not followed.
EventHandler handler_of(std::string_view type);

bool is_end(const StreamEvent& event);  // ".deleted"
// The event, kept as one that cannot be applied.
std::vector<StreamEvent> unreadable_event(StreamEvent event, std::string_view missing);

}  // namespace rolecall
