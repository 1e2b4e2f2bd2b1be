// document.hpp -- desired states as the memory store reads them: which object, what elements.
// Owns:    its text.
// Thread:  pure functions.
// Fails:   document_of answers nothing for text that is no desired state.
// Never:   shares code with workflows/: the two readings of a document check each other.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/lease.hpp"

namespace rolecall::sim {

struct Document {
  std::string family{};        // "role", "permissions" or "member"
  bool present = true;         // false under a kind that removes
  std::string organization{};  // org_ id
  std::string name{};          // slug or user_ id
  // Element -> content: name and description of a role, the permissions, the role slugs of a
  // member.
  std::map<std::string, std::string> elements{};

  std::string object_key() const;
  std::vector<std::string> names_slugs() const;  // of a send: which role slugs it names
};

std::string family_of(std::string_view kind);
bool removes(std::string_view kind);
std::optional<Document> document_of(std::string_view kind, std::string_view desired);

// One part of a subject or an object key: % : * percent-encoded.
std::string key_part(std::string_view part);

// Elements in which the two differ; "*" when one is there and the other is not.
std::set<std::string> difference(const std::optional<Document>& before, const Document& after);

JsonText role_text(std::string_view organization, std::string_view slug, std::string_view name,
                   const std::optional<std::string>& description);
JsonText permissions_text(std::string_view organization, std::string_view slug,
                          const std::vector<std::string>& permissions);
JsonText member_text(std::string_view organization, std::string_view user,
                     const std::set<std::string>& roles);

}  // namespace rolecall::sim
