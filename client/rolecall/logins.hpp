// logins.hpp -- what to tell Rolecall when somebody signs in.
// Owns:    nothing: the transaction is the caller's.
// Thread:  as the transaction: one at a time.
// Fails:   as client.hpp; 22023 for no slug or no time.
// Never:   verifies a token: that is done before.
#pragma once

#include <rolecall/client.hpp>

namespace rolecall::client {

// What a session token says: the slugs of its roles claim, at its `iat` in seconds since 1970.
// agrees, asked, older or entered: docs/guides/applications.md, "At a login".
inline std::string observe_member_roles(Transaction& in, const std::string& organization_id,
                                        const std::string& member, const Texts& slugs,
                                        std::int64_t issued_at_s) {
  return in
      .exec_params("select rolecall.observe_member_roles($1, $2, $3::text[], to_timestamp($4))",
                   organization_id, member, detail::text_array(slugs), issued_at_s)
      .at(0)
      .at(0)
      .as<std::string>();
}

// Has WorkOS read for a member at once.
inline void request_member_sync(Transaction& in, const std::string& organization_id,
                                const std::string& member) {
  in.exec_params("select rolecall.request_member_sync($1, $2)", organization_id, member);
}

}  // namespace rolecall::client
