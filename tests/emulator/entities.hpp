// entities.hpp -- the objects of a WorkOS environment.
// Owns:    their fields.
// Thread:  values.
// Fails:   never.
// Never:   knows how they are written (documents.hpp) or kept (state.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/core/time.hpp"

namespace rolecall::emulator {

using Position = std::uint64_t;  // order of creation within a table

struct Row {
  std::string id{};
  Position position = 0;
  WallTime created_at{};
  WallTime updated_at{};
};

using Metadata = std::map<std::string, std::string>;

struct Role : Row {
  std::string slug{};
  std::string name{};
  std::optional<std::string> description{};
  std::string resource_type_slug = "organization";
  std::vector<std::string> permissions{};
};

struct Permission : Row {
  std::string slug{};
  std::string name{};
  std::optional<std::string> description{};
  std::string resource_type_slug = "organization";
  bool system = false;
};

struct Domain : Row {
  std::string domain{};
  std::string state = "verified";
};

struct Organization : Row {
  std::string name{};
  std::optional<std::string> external_id{};
  std::optional<std::string> stripe_customer_id{};
  bool allow_profiles_outside_organization = false;
  Metadata metadata{};
  std::vector<Domain> domains{};
  std::vector<Role> roles{};  // its own, in order of priority
};

struct User : Row {
  std::string email{};
  std::optional<std::string> first_name{};
  std::optional<std::string> last_name{};
  std::optional<std::string> external_id{};
  std::optional<std::string> locale{};
  bool email_verified = false;
  Metadata metadata{};
};

struct Membership : Row {
  std::string user_id{};
  std::string organization_id{};
  std::string status = "active";     // active, inactive or pending
  std::vector<std::string> roles{};  // slugs; the first is `role`
  bool directory_managed = false;
};

struct Invitation : Row {
  std::string email{};
  std::string state = "pending";  // pending, accepted, expired or revoked
  std::optional<WallTime> accepted_at{};
  std::optional<WallTime> revoked_at{};
  WallTime expires_at{};
  std::optional<std::string> organization_id{};
  std::optional<std::string> inviter_user_id{};
  std::optional<std::string> accepted_user_id{};
  std::optional<std::string> role_slug{};
  std::string token{};
};

struct WebhookEndpoint : Row {
  std::string url{};
  std::string secret{};
  bool enabled = true;
  std::vector<std::string> events{};  // types; all are delivered
};

struct Event {
  std::string id{};
  std::string name{};
  std::string organization_id{};  // empty: bound to no organization
  WallTime created_at{};
  std::string text{};  // the whole event as JSON
};

}  // namespace rolecall::emulator
