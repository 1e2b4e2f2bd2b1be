// client.hpp -- Rolecall's SQL functions, called inside a C++ program's own transaction.
// Owns:    nothing: the transaction is the caller's, and so are commit and abort.
// Thread:  as the transaction: one at a time.
// Fails:   throws what libpqxx throws, pqxx::sql_error with the function's SQLSTATE and hint; the
//          transaction is aborted then (42501 is pqxx::insufficient_privilege, whose sqlstate() is
//          empty in libpqxx 6). Retry serialization_failure and deadlock_detected
//          (transaction.hpp). No change is half made.
// Never:   commits, connects, calls WorkOS or keeps anything between calls.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <rolecall/arguments.hpp>
#include <string>
#include <vector>

// `member` is the application's user id or a WorkOS user id; a role is named by its URN,
// role:global:<uuid> or role:organization:<uuid>. docs/guides/applications.md tells what each does
// and which SQLSTATE it raises.
namespace rolecall::client {

using Transaction = pqxx::transaction_base;
using Texts = std::vector<std::string>;

struct Actor {
  std::string user_id;   // who does it, for the audit; "" leaves it unsaid
  std::string reason{};  // and why
  std::string
      organization_id{};  // any other organization is refused with 42501; "": all are allowed
};

// Until the end of this transaction.
inline void act_as(Transaction& in, const Actor& actor) {
  in.exec_params(
      "select set_config('app.user_id', $1, true), set_config('app.reason', $2, true),"
      " set_config('app.org_id', $3, true)",
      actor.user_id, actor.reason, actor.organization_id);
}

inline void upsert_organization(Transaction& in, const std::string& id, const std::string& name,
                                const std::optional<std::string>& workos_organization_id) {
  in.exec_params("select rolecall.upsert_organization($1, $2, $3)", id, name,
                 detail::nullable(workos_organization_id));
}

inline void upsert_user(Transaction& in, const std::string& id, const std::string& email,
                        const std::optional<std::string>& workos_user_id) {
  in.exec_params("select rolecall.upsert_user($1, $2, $3)", id, email,
                 detail::nullable(workos_user_id));
}

struct RoleFields {  // none: create_role's default; update_role leaves the field as it is
  std::optional<std::string> name{};         // update_role only
  std::optional<std::string> description{};  // update_role: "" clears it
  std::optional<std::string> slug{};         // create_role only; made of the name unless given
  std::optional<Texts> permissions{};
};

// The new role's URN.
inline std::string create_role(Transaction& in, const std::string& organization_id,
                               const std::string& name, const RoleFields& fields = {}) {
  const auto permissions = detail::text_array(fields.permissions);
  return in
      .exec_params("select subject from rolecall.create_role($1, $2, $3, $4, $5::text[])",
                   organization_id, name, detail::nullable(fields.description),
                   detail::nullable(fields.slug), detail::nullable(permissions))
      .at(0)
      .at(0)
      .as<std::string>();
}

inline void update_role(Transaction& in, const std::string& role_urn, const RoleFields& fields) {
  const auto permissions = detail::text_array(fields.permissions);
  in.exec_params("select rolecall.update_role($1, $2, $3, $4::text[])", role_urn,
                 detail::nullable(fields.name), detail::nullable(fields.description),
                 detail::nullable(permissions));
}

// Members left without a role get `reassign_to`, else the default role.
inline void delete_role(Transaction& in, const std::string& role_urn,
                        const std::optional<std::string>& reassign_to = {}) {
  in.exec_params("select rolecall.delete_role($1, $2)", role_urn, detail::nullable(reassign_to));
}

inline void add_member(Transaction& in, const std::string& organization_id,
                       const std::string& member, const Texts& role_urns) {
  in.exec_params("select rolecall.add_member($1, $2, $3::text[])", organization_id, member,
                 detail::text_array(role_urns));
}

inline void remove_member(Transaction& in, const std::string& organization_id,
                          const std::string& member) {
  in.exec_params("select rolecall.remove_member($1, $2)", organization_id, member);
}

// The whole set; at least one role.
inline void set_member_roles(Transaction& in, const std::string& organization_id,
                             const std::string& member, const Texts& role_urns) {
  in.exec_params("select rolecall.set_member_roles($1, $2, $3::text[])", organization_id, member,
                 detail::text_array(role_urns));
}

inline void add_member_role(Transaction& in, const std::string& organization_id,
                            const std::string& member, const std::string& role_urn) {
  in.exec_params("select rolecall.add_member_role($1, $2, $3)", organization_id, member, role_urn);
}

inline void remove_member_role(Transaction& in, const std::string& organization_id,
                               const std::string& member, const std::string& role_urn) {
  in.exec_params("select rolecall.remove_member_role($1, $2, $3)", organization_id, member,
                 role_urn);
}

// Locks several subjects in one order, ahead of several calls.
inline void lock_subjects(Transaction& in, const Texts& subjects) {
  in.exec_params("select rolecall.lock_subjects($1::text[])", detail::text_array(subjects));
}

}  // namespace rolecall::client
