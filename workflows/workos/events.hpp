// events.hpp -- the stream of events as WorkOS answers it: asked for, and read.
// Owns:    its text.
// Thread:  anywhere.
// Fails:   Result<T>: garbage_answer for a page that is none. An event that cannot be read is no
//          failure: it says so in its `problem`.
// Never:   throws, or skips an event.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/events.hpp"
#include "worker/core/http.hpp"

namespace rolecall::workos {

// The types that Rolecall follows, without those that WorkOS was found not to know.
std::vector<std::string> followed_types(const std::vector<std::string>& refused);

bool is_followed(std::string_view type);

// A page of 100, oldest first.
HttpRequest list_events(const PullTask& task, const std::vector<std::string>& types);

// What a page says of each event that the task asks for; `end` where it is empty.
Result<PulledPage> events_in(const HttpResponse& response);

}  // namespace rolecall::workos
