// intent.hpp -- a desired state as values: which object at WorkOS, and what it is to hold.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   Result<T>; rejected / invalid_intent names what is wrong with the document.
// Never:   guesses: a document that says too little is refused.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "outbox/core/lease.hpp"

namespace rolecall {

enum class Family { role, permissions, member };
std::string_view name_of(Family family);
std::optional<Family> family_of(std::string_view name);

// One object at WorkOS. `name` is a role's slug or a member's user id.
struct ObjectName {
  Family family = Family::member;
  std::string organization{};  // org_ id
  std::string name{};
  bool operator==(const ObjectName&) const = default;
};

// What changes hands one by one. member: role slug -> "". permissions: permission slug -> "".
// role: "name" and, unless it is empty, "description" -> their text.
using Elements = std::map<std::string, std::string>;

// None: the object is absent. Permissions are never absent by intent; their role can be.
using State = std::optional<Elements>;

struct Intent {
  ObjectName object{};
  State state{};
};

inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kDescription = "description";
// The element that stands for being there at all.
inline constexpr std::string_view kPresence = "*";

// "member.push" and its document -> what it wants. Documents: outbox/core/lease.hpp.
Result<Intent> intent_of(std::string_view kind, std::string_view desired);

// The object that a document of this family names; its elements may be missing.
Result<ObjectName> object_of(Family family, std::string_view document);

// The elements of a document that was seen or sent; an empty set is taken as it stands.
Result<Elements> elements_of(Family family, std::string_view document);

// The canonical document: keys in the documented order, sets sorted.
JsonText document_of(const ObjectName& object, const Elements& elements);
// The same without elements, as the kinds that remove have it.
JsonText document_of(const ObjectName& object);

// The kind that says this state: "member.push" or "member.remove".
std::string kind_of(Family family, const State& state);

// "{admin, org-x}" or "absent", for people.
std::string words_for(const State& state);

}  // namespace rolecall
