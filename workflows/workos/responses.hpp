// responses.hpp -- what WorkOS answers, read tolerantly: only what we need is required.
// Owns:    its text.
// Thread:  anywhere.
// Fails:   Result<T>: in_doubt / garbage_answer for a 2xx that is not the document it should be.
// Never:   throws, or trusts a body's size, nesting or encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/events.hpp"
#include "worker/core/http.hpp"
#include "worker/core/secret.hpp"

namespace rolecall::workos {

struct Role {
  std::string slug{};
  std::string name{};
  std::optional<std::string> description{};
  std::string type{};  // EnvironmentRole, OrganizationRole; empty if not said
  std::optional<std::vector<std::string>> permissions{};
  std::string created_at{};
  std::string updated_at{};
};

struct Membership {
  std::string id{};  // om_
  std::string user_id{};
  std::string organization_id{};
  std::string status{};  // active, inactive, pending
  bool directory_managed = false;
  std::vector<std::string> roles{};  // from `roles`, or from `role` where that is missing
  std::string created_at{};
  std::string updated_at{};
};

struct MembershipPage {
  std::vector<Membership> memberships{};
  std::optional<std::string> after{};  // cursor of the next page; none: this was the last
};

struct OrganizationPage {
  std::vector<std::string> ids{};  // org_
  std::optional<std::string> after{};
};

// An organization, as WorkOS names it.
struct Tenant {
  std::string id{};           // org_
  std::string external_id{};  // the application's own; empty: none
};

struct User {
  std::string id{};  // user_
  std::string email{};
  bool email_verified = false;
  std::string external_id{};  // the application's own; empty: none
};

struct UserPage {
  std::vector<User> users{};
  std::optional<std::string> after{};
};

struct WebhookEndpoint {
  Secret secret{};  // empty if not said
  bool enabled = false;
  std::vector<std::string> events{};  // types that it is sent
};

struct WebhookEndpointPage {
  std::vector<WebhookEndpoint> endpoints{};
  std::optional<std::string> after{};
};

// The body of a refusal; all of it may be missing.
struct Refusal {
  bool is_object = false;
  std::string code{};     // `code`, or the first of `errors[].code`
  std::string message{};  // for people only: the documented texts are placeholders
};

Result<Role> role_in(const HttpResponse& response);
// A list of roles, the environment's among them.
Result<std::vector<Role>> roles_in(const HttpResponse& response);
// The slugs of a list of roles.
Result<std::vector<std::string>> role_slugs_in(const HttpResponse& response);
// Of a list of the environment's roles; organization roles that stand among them are left out.
Result<std::vector<EnvironmentRole>> environment_roles_in(const HttpResponse& response);
Result<Membership> membership_in(const HttpResponse& response);
Result<MembershipPage> memberships_in(const HttpResponse& response);
// Is the organization there? A failure says neither yes nor no.
Result<bool> organization_found(const HttpResponse& response);
Result<OrganizationPage> organizations_in(const HttpResponse& response);
// None: WorkOS does not know it. A failure says neither yes nor no.
Result<std::optional<Tenant>> tenant_found(const HttpResponse& response);
Result<std::optional<User>> user_found(const HttpResponse& response);
Result<UserPage> users_in(const HttpResponse& response);
Result<WebhookEndpointPage> webhook_endpoints_in(const HttpResponse& response);
// When the answer was written, by WorkOS's clock, to the second; none: it does not say.
std::optional<WallTime> answered_at(const HttpResponse& response);
Refusal refusal_in(std::string_view body);

}  // namespace rolecall::workos
