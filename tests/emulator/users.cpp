// users.cpp -- people.
#include <fmt/format.h>

#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

constexpr std::size_t kNoLimit = 10'000;

Reply creation_error(std::string_view code, std::string_view message) {
  return answer(400, {{"code", "user_creation_error"},
                      {"message", "Could not create user."},
                      {"errors", json::array{{{"code", code}, {"message", message}}}}});
}

User* by_external_id(State& state, const std::string& external_id) {
  for (auto& [position, user] : state.users.rows())
    if (user.external_id == external_id) return &user;
  return nullptr;
}

void check_external_id(Fields& fields, const std::optional<std::string>& external_id) {
  if (external_id && !is_ascii(*external_id))
    fields.refuse("invalid", "external_id", "external_id must be ASCII.");
}

// Sets a nullable field and notes its old value when it changes.
void change(std::optional<std::string>& field, std::string_view name,
            const std::optional<std::optional<std::string>>& given, json::object& previous) {
  if (!given || *given == field) return;
  previous[name] = text_or_null(field);
  field = *given;
}

// What a PUT asks for; nothing in a field: leave it as it is.
struct Changes {
  std::optional<std::string> email{};
  std::optional<std::optional<std::string>> first_name{};
  std::optional<std::optional<std::string>> last_name{};
  std::optional<std::optional<std::string>> locale{};
  std::optional<std::optional<std::string>> external_id{};
  std::optional<bool> email_verified{};
  std::optional<std::map<std::string, std::optional<std::string>>> metadata{};
};

Changes read_changes(Fields& fields) {
  Changes changes;
  changes.email = fields.text("email", kNoLimit);
  changes.first_name = fields.nullable_text("first_name", kNoLimit);
  changes.last_name = fields.nullable_text("last_name", kNoLimit);
  changes.locale = fields.nullable_text("locale", kNoLimit);
  changes.external_id = fields.nullable_text("external_id", 128);
  if (changes.external_id) check_external_id(fields, *changes.external_id);
  changes.email_verified = fields.flag("email_verified");
  changes.metadata = fields.metadata();
  return changes;
}

std::optional<Reply> check_changes(Call& call, const User& user, const Changes& changes,
                                   const Metadata& metadata) {
  if (changes.email) {
    if (!is_email(*changes.email)) return refusal(400, "invalid_email", "The email is no email.");
    const User* holder = find_user_by_email(call.state, *changes.email);
    if (holder != nullptr && holder->id != user.id)
      return refusal(400, "email_not_available", "This email is not available.");
  }
  if (changes.external_id && *changes.external_id) {
    const User* holder = by_external_id(call.state, **changes.external_id);
    if (holder != nullptr && holder->id != user.id)
      return refusal(400, "external_id_already_used", "The external_id is used by another user.");
  }
  if (!metadata_fits(metadata)) return refusal(400, "invalid_metadata", "The metadata is too big.");
  return std::nullopt;
}

User* named(Call& call) {
  return call.state.users.find(call.arguments[0]);
}

Reply unknown(const Call& call) {
  return not_found("User", call.arguments[0]);
}

}  // namespace

Reply list_users(Call& call) {
  const auto email = call.query.one("email");
  auto organization_id = call.query.one("organization_id");
  if (!organization_id) organization_id = call.query.one("organization");
  std::vector<User*> rows;
  for (auto& [position, user] : call.state.users.rows()) {
    if (email && !same_address(*email, user.email)) continue;
    if (organization_id && call.state.memberships.of(*organization_id, user.id) == nullptr)
      continue;
    rows.push_back(&user);
  }
  return list_page(call.query, call.state.users, std::move(rows),
                   [](const User& user) { return document(user); });
}

Reply create_user(Call& call) {
  Fields fields{call.body};
  User user;
  user.email = fields.required_text("email", kNoLimit);
  user.first_name = fields.nullable_text("first_name", kNoLimit).value_or(std::nullopt);
  user.last_name = fields.nullable_text("last_name", kNoLimit).value_or(std::nullopt);
  user.external_id = fields.nullable_text("external_id", 128).value_or(std::nullopt);
  check_external_id(fields, user.external_id);
  user.email_verified = fields.flag("email_verified").value_or(false);
  if (const auto metadata = fields.metadata()) merge_metadata(user.metadata, *metadata);
  if (!fields.fine()) return fields.problem();
  if (!metadata_fits(user.metadata))
    return refusal(400, "invalid_metadata", "The metadata is too big.");
  if (!is_email(user.email)) return creation_error("invalid_email", "The email is no email.");
  if (find_user_by_email(call.state, user.email) != nullptr)
    return creation_error("email_not_available", "This email is not available.");
  if (user.external_id && by_external_id(call.state, *user.external_id) != nullptr)
    return creation_error("external_id_already_used", "The external_id is used by another user.");
  user.id = call.state.ids.make("user_", call.now);
  user.created_at = user.updated_at = call.now;
  const User& added = call.state.users.add(std::move(user));
  emit(call, "user.created", "", document(added));
  return answer(201, document(added));
}

Reply get_user(Call& call) {
  const User* user = named(call);
  return user == nullptr ? unknown(call) : answer(200, document(*user));
}

Reply get_user_by_external_id(Call& call) {
  const User* user = by_external_id(call.state, call.arguments[0]);
  return user == nullptr ? unknown(call) : answer(200, document(*user));
}

Reply update_user(Call& call) {
  User* user = named(call);
  if (user == nullptr) return unknown(call);
  Fields fields{call.body};
  const Changes changes = read_changes(fields);
  if (!fields.fine()) return fields.problem();
  Metadata metadata = user->metadata;
  if (changes.metadata) merge_metadata(metadata, *changes.metadata);
  if (const auto refused = check_changes(call, *user, changes, metadata)) return *refused;
  json::object previous;
  if (changes.email && *changes.email != user->email) {
    previous["email"] = user->email;
    user->email = *changes.email;
    user->email_verified = false;
  }
  change(user->first_name, "first_name", changes.first_name, previous);
  change(user->last_name, "last_name", changes.last_name, previous);
  change(user->locale, "locale", changes.locale, previous);
  change(user->external_id, "external_id", changes.external_id, previous);
  if (changes.email_verified && *changes.email_verified != user->email_verified) {
    previous["email_verified"] = user->email_verified;
    user->email_verified = *changes.email_verified;
  }
  if (metadata != user->metadata) {
    previous["metadata"] = document(*user)["metadata"];
    user->metadata = std::move(metadata);
  }
  if (!previous.empty()) {
    user->updated_at = call.now;
    emit(call, "user.updated", "", document(*user), std::move(previous));
  }
  return answer(200, document(*user));
}

Reply delete_user(Call& call) {
  const User* found = named(call);
  if (found == nullptr) return unknown(call);
  User gone = *found;
  for (const Membership* membership : call.state.memberships.of_user(gone.id))
    erase_membership(call, membership->id);
  call.state.users.erase(gone.id);
  gone.updated_at = call.now;
  emit(call, "user.deleted", "", document(gone));
  return {200, ""};
}

}  // namespace rolecall::emulator
