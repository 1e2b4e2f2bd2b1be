// documents.hpp -- how WorkOS writes its objects, in answers and in events.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never.
// Never:   leaves out a field that the API description requires.
#pragma once

#include "tests/emulator/call.hpp"

namespace rolecall::emulator {

enum class Scope { environment, organization };

json::object document(const Role& role, Scope scope);
json::object document(const Permission& permission);
json::object document(const Organization& organization);
json::object document(const User& user);
json::object document(const Membership& membership, State& state);
json::object document(const Invitation& invitation);
json::object document(const WebhookEndpoint& endpoint);

// Events say less than answers: roles without id, environment roles without name, memberships
// without the user, invitations without their token.
json::object event_document(const Role& role);
json::object event_document(const Role& role, const std::string& organization_id);
json::object event_document(const Membership& membership);
json::object event_document(const Invitation& invitation);

json::array role_documents(const Membership& membership);
json::value text_or_null(const std::optional<std::string>& text);

}  // namespace rolecall::emulator
