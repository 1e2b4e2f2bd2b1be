#include "workflows/adopt_links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall {

std::string_view name_of(LinkEnd end) {
  switch (end) {
    case LinkEnd::linked:
      return "linked";
    case LinkEnd::link:
      return "link";
    case LinkEnd::ask:
      return "ask";
    case LinkEnd::stranger:
      return "stranger";
    case LinkEnd::unverified:
      return "unverified";
    case LinkEnd::ambiguous:
      return "ambiguous";
    case LinkEnd::conflict:
      return "conflict";
    case LinkEnd::not_found:
      return "not_found";
    case LinkEnd::gone:
      return "gone";
  }
  return {};
}

std::optional<workos::Tenant> tenant_of(const OrganizationMatch& match) {
  if (!match.linked.empty()) return match.by_id;
  const bool two =
      match.by_id && match.by_external_id && match.by_id->id != match.by_external_id->id;
  if (two) return std::nullopt;
  return match.by_external_id ? match.by_external_id : match.by_id;
}

Link link_organization(const OrganizationMatch& match, const TenantHolder& held) {
  const auto tenant = tenant_of(match);
  if (!tenant && !match.linked.empty())
    return {LinkEnd::gone, {}, {}, fmt::format("{} is not at WorkOS any more", match.linked)};
  if (!tenant && match.by_id)
    return {LinkEnd::ambiguous,
            {},
            {},
            fmt::format("{} has this id, and {} has it as its external_id", match.by_id->id,
                        match.by_external_id->id)};
  if (!tenant)
    return {LinkEnd::not_found,
            {},
            {},
            "WorkOS knows no organization with this id or external_id: set its external_id, or "
            "link it with rolecall.upsert_organization"};
  if (!held.holder.empty())
    return {LinkEnd::conflict,
            {},
            {},
            fmt::format("{} is linked to organization {}", tenant->id, held.holder)};
  if (held.names_another)
    return {LinkEnd::conflict,
            {},
            {},
            fmt::format("the external_id of {} names organization {}", tenant->id,
                        tenant->external_id)};
  if (!match.linked.empty()) return {LinkEnd::linked, tenant->id, "id", {}};
  return {LinkEnd::link, tenant->id, match.by_external_id ? "external_id" : "id", {}};
}

Link link_user(const UserMatch& match) {
  const workos::User& theirs = match.theirs;
  const auto conflict = [](std::string detail) {
    return Link{LinkEnd::conflict, {}, {}, std::move(detail)};
  };
  if (!match.holder.empty()) {
    if (match.named && match.named->id != match.holder)
      return conflict(fmt::format("they are linked to {}, and their external_id names {}",
                                  match.holder, match.named->id));
    return {LinkEnd::linked, match.holder, {}, {}};
  }
  if (match.named) {
    if (match.named->workos.empty()) return {LinkEnd::link, match.named->id, "external_id", {}};
    return conflict(fmt::format("their external_id names {}, who is linked to {}", match.named->id,
                                match.named->workos));
  }
  if (match.same_address.empty()) return {};
  if (match.same_address.size() > 1)
    return {LinkEnd::ambiguous,
            {},
            {},
            fmt::format("{} and {} have the same e-mail address", match.same_address[0].id,
                        match.same_address[1].id)};
  const Person& person = match.same_address.front();
  if (!person.workos.empty())
    return conflict(
        fmt::format("{} has their e-mail address and is linked to {}", person.id, person.workos));
  if (!theirs.email_verified)
    return {LinkEnd::unverified,
            {},
            {},
            fmt::format("{} has their e-mail address, which WorkOS has not verified", person.id)};
  return {LinkEnd::ask, person.id, {}, {}};
}

Link link_by_address(const UserMatch& match, const AddressLook& look) {
  const std::string& person = match.same_address.front().id;
  const auto another = std::ranges::find_if(
      look.same_address, [&](const workos::User& user) { return user.id != match.theirs.id; });
  if (another != look.same_address.end())
    return {LinkEnd::ambiguous,
            {},
            {},
            fmt::format("{} has the same e-mail address at WorkOS", another->id)};
  if (look.named && look.named->id != match.theirs.id)
    return {LinkEnd::conflict,
            {},
            {},
            fmt::format("the external_id of {} names {}", look.named->id, person)};
  return {LinkEnd::link, person, "email", {}};
}

}  // namespace rolecall
