// documents.hpp -- WorkOS's objects, as they stand in answers and in events alike.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   a fill() names the field that is missing or of another type; empty: all is there.
// Never:   throws, or asks for a field that we do not need.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "workflows/workos/responses.hpp"

namespace rolecall::workos {

using Missing = std::string_view;

bool take_text(const simdjson::dom::object& object, std::string_view key, std::string& into);
// An instant that can be read; nothing else is taken.
bool take_time(const simdjson::dom::object& object, std::string_view key, std::string& into);

Missing fill(const simdjson::dom::object& from, Role& role);
Missing fill(const simdjson::dom::object& from, Membership& membership);

}  // namespace rolecall::workos
