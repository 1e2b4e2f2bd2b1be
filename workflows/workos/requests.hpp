// requests.hpp -- what Rolecall asks of WorkOS, each as one HttpRequest.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never; whoever calls has checked the names (workflows/intent.hpp).
// Never:   sets authorization, sends an empty role list, or leaves a slug to WorkOS's choice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/ids.hpp"
#include "worker/core/http.hpp"

namespace rolecall::workos {

struct RoleName {
  std::string organization;  // org_ id
  std::string slug;
};

struct RoleText {
  std::string name;
  std::optional<std::string> description;  // none: null, which clears it
};

struct MemberName {
  std::string organization;  // org_ id
  std::string user;          // user_ id
};

using Slugs = std::vector<std::string>;

// One path segment or query value: everything but RFC 3986's unreserved characters is escaped.
std::string percent_encoded(std::string_view text);

// The same for every attempt at this version; header-safe.
std::string idempotency_key(const Subject& subject, Version version);

HttpRequest get_organization(std::string_view id);  // org_ id
HttpRequest get_organization_by_external_id(std::string_view external_id);
// A page of 100 by the time of their creation; `after` is the last page's cursor.
HttpRequest list_organizations(const std::optional<std::string>& after);
HttpRequest list_webhook_endpoints(const std::optional<std::string>& after);

HttpRequest get_user_by_external_id(std::string_view external_id);
// A page of 100 of an organization's users by the time of their creation.
HttpRequest list_users(const std::string& organization, const std::optional<std::string>& after);
HttpRequest find_users(std::string_view email);

HttpRequest list_environment_roles();
HttpRequest list_roles(const std::string& organization);  // with the environment's
HttpRequest get_role(const RoleName& role);  // also finds an environment role of that slug
HttpRequest create_role(const RoleName& role, const RoleText& text, const std::string& key);
HttpRequest update_role(const RoleName& role, const RoleText& text);
HttpRequest delete_role(const RoleName& role);
HttpRequest put_permissions(const RoleName& role, const Slugs& permissions);

HttpRequest get_membership(std::string_view id);  // om_ id
// All statuses: WorkOS's default is active ones only.
HttpRequest find_membership(const MemberName& member);
// A page of 100 by the time of their creation; `after` is the last page's cursor.
enum class Order { ascending, descending };
HttpRequest list_memberships(const std::string& organization, Order order,
                             const std::optional<std::string>& after);
HttpRequest create_membership(const MemberName& member, const Slugs& roles, const std::string& key);
HttpRequest update_membership(std::string_view id, const Slugs& roles);
HttpRequest delete_membership(std::string_view id);

}  // namespace rolecall::workos
