// invitations.cpp -- people asked to join; a known user is a pending member from the asking on.
#include <fmt/format.h>

#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

Invitation* named(Call& call) {
  return call.state.invitations.find(call.arguments[0]);
}

Reply unknown(const Call& call) {
  return not_found("Invitation", call.arguments[0]);
}

void expire(Call& call) {
  for (auto& [position, invitation] : call.state.invitations.rows())
    if (invitation.state == "pending" && invitation.expires_at <= call.now)
      invitation.state = "expired";
}

void announce(Call& call, const Invitation& invitation, std::string_view what) {
  emit(call, fmt::format("invitation.{}", what), invitation.organization_id.value_or(""),
       event_document(invitation));
}

std::optional<Reply> check_days(const std::optional<std::int64_t>& days) {
  if (days && *days < 1)
    return refusal(400, "expires_in_days_too_short", "expires_in_days must be at least 1.");
  if (days && *days > 30)
    return refusal(400, "expires_in_days_too_long", "expires_in_days must be at most 30.");
  return std::nullopt;
}

std::optional<Reply> check_asked(Call& call, const Invitation& asked) {
  Organization* organization = nullptr;
  if (asked.organization_id) {
    organization = call.state.organizations.find(*asked.organization_id);
    if (organization == nullptr) return not_found("Organization", *asked.organization_id);
    if (asked.role_slug && role_in(call.state, *organization, *asked.role_slug) == nullptr)
      return refusal(400, "invalid_role",
                     fmt::format("The role '{}' does not exist.", *asked.role_slug));
  }
  const User* user = find_user_by_email(call.state, asked.email);
  if (user != nullptr && organization == nullptr)
    return refusal(400, "user_already_exists", "A user with this email already exists.");
  for (auto& [position, other] : call.state.invitations.rows()) {
    if (other.state != "pending" || !same_address(other.email, asked.email)) continue;
    if (other.organization_id != asked.organization_id) continue;
    return organization == nullptr
               ? refusal(400, "email_already_invited", "The email was already invited.")
               : refusal(400, "email_already_invited_to_organization",
                         "The email was already invited to the organization.");
  }
  if (user != nullptr && organization != nullptr) {
    const Membership* membership = call.state.memberships.of(organization->id, user->id);
    if (membership != nullptr && membership->status == "active")
      return refusal(400, "user_already_organization_member",
                     "The user is already a member of the organization.");
  }
  return std::nullopt;
}

void add_member(Call& call, const std::string& organization_id, const std::string& user_id,
                std::string role, std::string_view status) {
  Membership membership;
  membership.id = call.state.ids.make("om_", call.now);
  membership.created_at = membership.updated_at = call.now;
  membership.user_id = user_id;
  membership.organization_id = organization_id;
  membership.status = status;
  membership.roles.push_back(std::move(role));
  const Membership& added = call.state.memberships.add(std::move(membership));
  emit(call, "organization_membership.created", organization_id, event_document(added));
}

// The one who accepts, made if nobody has the address yet.
User& guest(Call& call, const std::string& email) {
  if (User* known = find_user_by_email(call.state, email)) return *known;
  User user;
  user.id = call.state.ids.make("user_", call.now);
  user.created_at = user.updated_at = call.now;
  user.email = email;
  user.email_verified = true;
  User& added = call.state.users.add(std::move(user));
  emit(call, "user.created", "", document(added));
  return added;
}

}  // namespace

Reply list_invitations(Call& call) {
  expire(call);
  const auto email = call.query.one("email");
  const auto organization_id = call.query.one("organization_id");
  std::vector<Invitation*> rows;
  for (auto& [position, invitation] : call.state.invitations.rows())
    if ((!email || same_address(*email, invitation.email)) &&
        (!organization_id || invitation.organization_id == organization_id))
      rows.push_back(&invitation);
  return list_page(call.query, call.state.invitations, std::move(rows),
                   [](const Invitation& invitation) { return document(invitation); });
}

Reply create_invitation(Call& call) {
  expire(call);
  Fields fields{call.body};
  Invitation asked;
  asked.email = fields.required_text("email", 320);
  asked.organization_id = fields.text("organization_id", 128);
  asked.role_slug = fields.text("role_slug", 48);
  asked.inviter_user_id = fields.text("inviter_user_id", 128);
  const auto days = fields.number("expires_in_days");
  if (!asked.email.empty() && !is_email(asked.email))
    fields.refuse("invalid", "email", "The email is no email.");
  if (!fields.fine()) return fields.problem();
  if (const auto refused = check_days(days)) return *refused;
  if (const auto refused = check_asked(call, asked)) return *refused;
  asked.id = call.state.ids.make("invitation_", call.now);
  asked.created_at = asked.updated_at = call.now;
  asked.expires_at = call.now + std::chrono::days{days.value_or(7)};
  asked.token = call.state.ids.letters(24);
  const Invitation& added = call.state.invitations.add(std::move(asked));
  announce(call, added, "created");
  const User* user = find_user_by_email(call.state, added.email);
  if (user != nullptr && added.organization_id &&
      call.state.memberships.of(*added.organization_id, user->id) == nullptr)
    add_member(call, *added.organization_id, user->id,
               added.role_slug.value_or(call.state.default_role_slug), "pending");
  return answer(201, document(added));
}

Reply get_invitation(Call& call) {
  expire(call);
  const Invitation* invitation = named(call);
  return invitation == nullptr ? unknown(call) : answer(200, document(*invitation));
}

Reply get_invitation_by_token(Call& call) {
  expire(call);
  for (auto& [position, invitation] : call.state.invitations.rows())
    if (invitation.token == call.arguments[0]) return answer(200, document(invitation));
  return unknown(call);
}

Reply accept_invitation(Call& call) {
  expire(call);
  Invitation* invitation = named(call);
  if (invitation == nullptr) return unknown(call);
  if (invitation->state != "pending")
    return refusal(400, "invite_not_pending", "The invitation is not pending.");
  const User& user = guest(call, invitation->email);
  invitation->state = "accepted";
  invitation->accepted_at = call.now;
  invitation->accepted_user_id = user.id;
  invitation->updated_at = call.now;
  announce(call, *invitation, "accepted");
  if (invitation->organization_id) {
    Membership* waiting = call.state.memberships.of(*invitation->organization_id, user.id);
    if (waiting != nullptr)
      set_status(call, *waiting, "active");
    else if (call.state.organizations.find(*invitation->organization_id) != nullptr)
      add_member(call, *invitation->organization_id, user.id,
                 invitation->role_slug.value_or(call.state.default_role_slug), "active");
  }
  return answer(200, document(*invitation));
}

Reply resend_invitation(Call& call) {
  expire(call);
  Invitation* invitation = named(call);
  if (invitation == nullptr) return unknown(call);
  if (invitation->state != "pending")
    return refusal(400, fmt::format("invite_{}", invitation->state),
                   fmt::format("The invitation is {}.", invitation->state));
  invitation->updated_at = call.now;
  announce(call, *invitation, "resent");
  return answer(200, document(*invitation));
}

Reply revoke_invitation(Call& call) {
  expire(call);
  Invitation* invitation = named(call);
  if (invitation == nullptr) return unknown(call);
  if (invitation->state != "pending")
    return refusal(400, "invite_not_pending", "The invitation is not pending.");
  invitation->state = "revoked";
  invitation->revoked_at = call.now;
  invitation->updated_at = call.now;
  announce(call, *invitation, "revoked");
  const User* user = find_user_by_email(call.state, invitation->email);
  if (user != nullptr && invitation->organization_id) {
    const Membership* waiting = call.state.memberships.of(*invitation->organization_id, user->id);
    if (waiting != nullptr && waiting->status == "pending") erase_membership(call, waiting->id);
  }
  return answer(200, document(*invitation));
}

}  // namespace rolecall::emulator
