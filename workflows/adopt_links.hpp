// adopt_links.hpp -- who at WorkOS is which organization or person here.
// Owns:    its text.
// Thread:  anywhere; pure functions.
// Fails:   never: what is not certain is left alone, and says why.
// Never:   asks; links what is linked to another; takes an address that nobody verified for proof.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/workos/responses.hpp"

namespace rolecall {

enum class LinkEnd {
  linked,      // it was before
  link,        // by `by`
  ask,         // a person with the same e-mail address: find out whether it is the only one
  stranger,    // a user of WorkOS's whom nobody here is
  unverified,  // only the address speaks for it, and WorkOS has not verified that
  ambiguous,   // it may be more than one
  conflict,    // one of both belongs to another
  not_found,   // an organization that WorkOS does not know
  gone,        // one that was linked and is deleted there
};
std::string_view name_of(LinkEnd end);

struct Link {
  LinkEnd end = LinkEnd::stranger;
  std::string id{};      // link, ask: whose: users.id, or an org_ id
  std::string by{};      // link: id, external_id, email
  std::string detail{};  // for people
};

// An organization here, and what WorkOS answered about it.
struct OrganizationMatch {
  std::string id{};                       // here
  std::string linked{};                   // org_ id; empty: not linked
  std::optional<workos::Tenant> by_id{};  // of `linked`, or of `id` where that is an org_ id
  std::optional<workos::Tenant> by_external_id{};  // the one that has `id` as its external_id
};
// Which one it may be; none: none is, or more than one.
std::optional<workos::Tenant> tenant_of(const OrganizationMatch& match);
// Whether another organization here is linked to that one (`holder`: its id), or is named by its
// external_id.
struct TenantHolder {
  std::string holder{};
  bool names_another = false;
};
Link link_organization(const OrganizationMatch& match, const TenantHolder& held);

struct Person {
  std::string id{};      // users.id
  std::string workos{};  // user_ id; empty: not linked
};

// A user of WorkOS's, and who is here that they may be.
struct UserMatch {
  workos::User theirs{};
  std::string holder{};                // users.id of who is linked to them; empty: nobody
  std::optional<Person> named{};       // whose users.id is their external_id
  std::vector<Person> same_address{};  // whatever the case of its letters; three at most
};
Link link_user(const UserMatch& match);

// After ask: everybody at WorkOS with the address, and the user whose external_id names the person.
struct AddressLook {
  std::vector<workos::User> same_address{};
  std::optional<workos::User> named{};
};
Link link_by_address(const UserMatch& match, const AddressLook& look);

}  // namespace rolecall
