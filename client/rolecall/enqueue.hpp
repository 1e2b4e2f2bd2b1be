// enqueue.hpp -- for programs that keep roles in tables of their own: the outbox row itself.
// Owns:    nothing: the transaction is the caller's.
// Thread:  as the transaction: one at a time.
// Fails:   as client.hpp: 22023 for an argument that is not valid, 42501 for what is another
//          organization's, 55000 for what Rolecall's own tables hold, P0002 for waits_for.
// Never:   commits, or looks at what `desired` says: the database checks it.
#pragma once

#include <rolecall/client.hpp>

namespace rolecall::client {

// The complete state that one thing at WorkOS shall have from now on.
struct Change {
  std::string organization_id;  // the application's
  std::string subject;          // the name of one thing at WorkOS, for ever; parts by key_part
  std::string kind;     // member.push, member.remove, role.push, role.permissions, role.remove
  std::string desired;  // JSON: {"organization":"org_...","user":"user_...","roles":[...]}
  Texts waits_for{};    // subjects whose present version WorkOS hears of first
  int priority = 1;     // 0 takes access away, 1 is ordinary, 2 is bulk
};

// The outbox id, which rolecall.explain() and `rolecall explain` take.
inline std::int64_t enqueue(Transaction& in, const Change& change) {
  return in
      .exec_params("select rolecall.enqueue($1, $2, $3, $4::jsonb, $5::text[], $6)",
                   change.organization_id, change.subject, change.kind, change.desired,
                   detail::text_array(change.waits_for), change.priority)
      .at(0)
      .at(0)
      .as<std::int64_t>();
}

// `text` as a part of a subject: what has a meaning there (: % *) is encoded.
inline std::string key_part(Transaction& in, const std::string& text) {
  return in.exec_params("select rolecall.key_part($1)", text).at(0).at(0).as<std::string>();
}

}  // namespace rolecall::client
