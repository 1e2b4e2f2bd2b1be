// families.hpp -- every API call that the emulator knows, by family of objects.
// Owns:    nothing.
// Thread:  one.
// Fails:   by a Reply.
// Never:   emits an event for a write that changed nothing.
#pragma once

#include <span>

#include "tests/emulator/documents.hpp"
#include "tests/emulator/pages.hpp"

namespace rolecall::emulator {

// events.cpp
void emit(Call& call, std::string_view name, const std::string& organization_id, json::object data,
          json::object previous = {});
Reply list_events(Call& call);
std::span<const std::string_view> event_names();

// roles.cpp: the same calls for the environment's roles and for an organization's.
Reply list_roles(Call& call);
Reply create_role(Call& call);
Reply get_role(Call& call);
Reply update_role(Call& call);
Reply delete_role(Call& call);  // of the environment: the dashboard only
Reply list_organization_roles(Call& call);
Reply create_organization_role(Call& call);
Reply get_organization_role(Call& call);
Reply update_organization_role(Call& call);
Reply delete_organization_role(Call& call);

// role_permissions.cpp
Reply set_role_permissions(Call& call);
Reply add_role_permission(Call& call);
Reply set_organization_role_permissions(Call& call);
Reply add_organization_role_permission(Call& call);
Reply remove_organization_role_permission(Call& call);

// permissions.cpp
Reply list_permissions(Call& call);
Reply create_permission(Call& call);
Reply get_permission(Call& call);
Reply update_permission(Call& call);
Reply delete_permission(Call& call);

// memberships.cpp
Reply list_memberships(Call& call);
Reply create_membership(Call& call);
Reply get_membership(Call& call);
Reply update_membership(Call& call);
Reply delete_membership(Call& call);
Reply deactivate_membership(Call& call);
Reply reactivate_membership(Call& call);
void erase_membership(Call& call, const std::string& id);  // with its event
void give_roles(Call& call, Membership& membership, std::vector<std::string> roles);
// Takes a role from whoever holds it; who has none left gets the default role.
void take_role_away(Call& call, const std::vector<Membership*>& among, const std::string& slug);
void set_status(Call& call, Membership& membership, std::string_view status);

// users.cpp
Reply list_users(Call& call);
Reply create_user(Call& call);
Reply get_user(Call& call);
Reply get_user_by_external_id(Call& call);
Reply update_user(Call& call);
Reply delete_user(Call& call);

// organizations.cpp
Reply list_organizations(Call& call);
Reply create_organization(Call& call);
Reply get_organization(Call& call);
Reply get_organization_by_external_id(Call& call);
Reply update_organization(Call& call);
Reply delete_organization(Call& call);

// invitations.cpp
Reply list_invitations(Call& call);
Reply create_invitation(Call& call);
Reply get_invitation(Call& call);
Reply get_invitation_by_token(Call& call);
Reply accept_invitation(Call& call);
Reply resend_invitation(Call& call);
Reply revoke_invitation(Call& call);

// webhook_endpoints.cpp
Reply list_webhook_endpoints(Call& call);

}  // namespace rolecall::emulator
